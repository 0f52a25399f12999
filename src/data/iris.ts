// Fisher's irises: 150 flowers of three species, the smallest data set that everybody knows.

import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import { Preprocessing } from './preprocessing.js'
import { sharedArray } from './shared-array.js'

/** 50 flowers of each species in turn; of each flower four lengths in millimetres, two digits each. */
const millimetres = `
  51351402493014024732130246311502503614025439170446341403503415024429140249311501
  54371502483416024830140143301101584012025744150454391304513514035738170351381503
  54341702513715044636100251331705483419025030160250341604523515025234140247321602
  48311602543415045241150155421402493115025032120255351302493614014430130251341502
  50351303452313034432130250351606513819044830140351381602463214025337150250331402
  70324714643245156931491555234013652846155728451363334716492433106629461352273914
  50203510593042156022401061294714562936136731441456304515582741106222451556253911
  59324818612840136325491561284712642943136630441468284814673050176029451557263510
  55243811552437105827391260275116543045156034451667314715632344135630411355254013
  55264412613046145826401250233310562742135730421257294213622943135125301157284113
  63336025582751197130592163295618653058227630662149254517732963186725581872366125
  65325120642753196830552157255020582851246432532365305518773867227726692360225015
  69325723562849207728672063274918673357217232601862284818613049186428562172305816
  74286119793864206428562263285115612656147730612363345624643155186030481869315421
  67315624693151235827511968325923673357256730522363255019653052206234542359305118
`.replace(/\s/g, '')

const columns = ['sepal length', 'sepal width', 'petal length', 'petal width'].map((name) => ({ name }))
const classNames = ['setosa', 'versicolor', 'virginica']

/**
 * The irises of R. A. Fisher, 'The use of multiple measurements in taxonomic problems', Annals of Eugenics 7 (1936),
 * measured by Edgar Anderson: x (150, 4) float32, lengths and widths of sepals and petals in centimetres; y labels of
 * setosa, versicolor and virginica, 50 each, in this order. The figures are the paper's, as in R and scikit-learn; the
 * copy of the UCI repository differs in two flowers. Measurements are facts, which nobody owns.
 */
export function iris(): Dataset {
  const samples = millimetres.length / (2 * columns.length)
  const x = sharedArray('float32', samples * columns.length)
  for (let i = 0; i < x.length; i++) x[i] = Number(millimetres.slice(2 * i, 2 * i + 2)) / 10
  const y = sharedArray('int32', samples)
  for (let i = 0; i < samples; i++) y[i] = Math.floor((i * classNames.length) / samples)
  return new Dataset(new Tensor(x, [samples, columns.length]), new Tensor(y, [samples]), {
    preprocessing: new Preprocessing({
      source: { kind: 'table', columns, header: true, target: 'species' },
      classNames,
    }),
  })
}
