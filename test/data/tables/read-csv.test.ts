import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { type CsvOptions, readCsv, readCsvSamples } from '../../../src/data/csv.js'
import { Preprocessing, type TableSource } from '../../../src/data/preprocessing.js'
import { numberIn } from '../../../src/data/tables/csv-rows.js'
import { failureOf } from '../../failure.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
/** The path of a new file with this content. */
function file(content: string | Uint8Array): string {
  const path = join(folder, `${++files}.csv`)
  writeFileSync(path, content)
  return path
}
const read = (content: string | Uint8Array, options: CsvOptions) => readCsv(file(content), options)
/** The error's message, without the folder. */
async function problem(content: string, options: unknown): Promise<string> {
  const { code, message } = await failureOf(() => read(content, options as CsvOptions))
  return `${code} ${message.replaceAll(join(folder, `${files}`), 'f')}`
}

describe('readCsv', () => {
  test('columns of numbers, and a target of texts as labels with sorted names', async () => {
    const set = await read('a,kind,b\n1,pear,2\n3.5,apple,-4e1\n+.5,pear,6.\n', { target: 'kind' })
    expect(set.x.toArray()).toEqual([
      [1, 2],
      [3.5, -40],
      [0.5, 6],
    ])
    expect([set.y.toArray(), set.classNames, set.x.element]).toEqual([[1, 0, 1], ['apple', 'pear'], 'float32'])
    expect(set.preprocessing?.source).toEqual({
      kind: 'table',
      header: true,
      columns: [{ name: 'a' }, { name: 'b' }],
      target: 'kind',
    })
    expect(set.x.data.buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  test('a byte order mark, CRLF, empty lines, spaces and quoted cells do not count', async () => {
    const text = '\ufeff"a, b" ; "say ""x""" ;c\r\n\r\n 1 ; "2" ;no\r\n3;4;"two\r\nlines"'
    const set = await read(text, { target: -1, delimiter: ';' })
    expect(set.x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(set.classNames).toEqual(['no', 'two\r\nlines'])
    expect((set.preprocessing as { source: TableSource }).source.columns.map(({ name }) => name)).toEqual([
      'a, b',
      'say "x"',
    ])
  })

  test('gzipped, by tabs, without a header', async () => {
    const set = await read(gzipSync('1\t2\t0\n3\t4\t1\n'), { target: 2, delimiter: '\t', header: false })
    expect([set.x.toArray(), set.y.toArray()]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [0, 1],
    ])
    expect(set.preprocessing?.source).toMatchObject({ columns: [{ name: 'column 0' }, { name: 'column 1' }] })
  })

  test('features in the order asked for, by name or number', async () => {
    const set = await read('a,b,c,y\n1,2,3,0\n4,5,6,1\n', { target: 'y', features: ['c', 0] })
    expect(set.x.toArray()).toEqual([
      [3, 1],
      [6, 4],
    ])
  })

  test('categories become features of 0 and 1; numbers among them are sorted by size', async () => {
    const text = 'colour,size,n,y\nred,10,1,0\nblue,9,2,1\nred,9,3,0\n'
    const set = await read(text, { target: 'y', categorical: ['colour', 'size'] })
    expect(set.x.toArray()).toEqual([
      [0, 1, 0, 1, 1],
      [1, 0, 1, 0, 2],
      [0, 1, 1, 0, 3],
    ])
    const auto = await read(text, { target: 'y', categorical: true })
    expect(auto.x.toArray()).toEqual([
      [0, 1, 10, 1],
      [1, 0, 9, 2],
      [0, 1, 9, 3],
    ])
    expect(auto.preprocessing?.source).toMatchObject({
      columns: [{ categories: ['blue', 'red'] }, { name: 'size' }, {}],
    })
  })

  test('targets: classes, values, and whole numbers that could be either', async () => {
    const y = async (cells: string, task?: 'classify' | 'regress') => {
      const set = await read(`x,y\n${[...cells.split(' ')].map((cell) => `1,${cell}\n`).join('')}`, {
        target: 'y',
        ...(task && { task }),
      })
      return [set.y.shape, [...set.y.data], set.classNames]
    }
    expect(await y('1 0 2')).toEqual([[3], [1, 0, 2], ['0', '1', '2']])
    expect(await y('1 0 2', 'regress')).toEqual([[3, 1], [1, 0, 2], undefined])
    expect(await y('1.5 2 3')).toEqual([[3, 1], [1.5, 2, 3], undefined])
    expect(await y('10 9 10.0', 'classify')).toEqual([[3], [1, 0, 1], ['9', '10']])
    expect(await y('1 b 1')).toEqual([[3], [0, 1, 0], ['1', 'b']])
    expect(await y('1.5 b', 'classify')).toEqual([[2], [0, 1], ['1.5', 'b']])
    expect(await problem('x,y\n1,3\n1,8\n', { target: 'y' })).toBe(
      'ERR_ARGUMENT f.csv: the target "y" has 2 different whole numbers, 3 to 8, which may name classes or be values; ' +
        "say which: task: 'classify' or task: 'regress'",
    )
    // So many can be no classes.
    const many = Array.from({ length: 10_002 }, (_, i) => `1,${3 * i}`).join('\n')
    expect((await read(`x,y\n${many}`, { target: 'y' })).y.shape).toEqual([10_002, 1])
  })

  test('missing cells: an error, a mean, a number, or no row', async () => {
    const text = 'a,b,y\n1,,0\n?,red,1\n4,blue,0\n'
    const options = { target: 'y', categorical: ['b'] } as const
    expect(await problem(text, options)).toContain('ERR_DATA f.csv: line 2: column "b" has an empty cell, expected')
    expect((await read(text, { ...options, missing: 'mean' })).x.toArray()).toEqual([
      [1, 0, 0],
      [2.5, 0, 1],
      [4, 1, 0],
    ])
    const filled = await read(text, { ...options, missing: -1 })
    expect([filled.x.at(1, 0), filled.preprocessing?.source]).toMatchObject([
      -1,
      { columns: [{ missing: -1 }, { missing: 0, categories: ['blue', 'red'] }] },
    ])
    // Categories and classes are those of the rows that are left.
    const dropped = await read(text, { ...options, missing: 'drop', task: 'classify' })
    expect([dropped.x.toArray(), dropped.y.toArray(), dropped.classNames]).toEqual([[[4, 1]], [0], ['0']])
  })

  test('reads more rows than a chunk has, and blocks the event loop for milliseconds only', async () => {
    const rows = 50_000
    const path = file(`a,b,y\n${Array.from({ length: rows }, (_, i) => `${i},${i / 8},${i % 3}\n`).join('')}`)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const set = await readCsv(path, { target: 'y' })
    clearInterval(timer)
    expect(set.length).toBe(rows)
    expect([set.x.at(49_999, 0), set.x.at(1023, 1), set.x.at(1024, 1), set.y.at(49_999)]).toEqual([
      49_999, 127.875, 128, 1,
    ])
    expect(turns).toBeGreaterThan(10)
  })
})

describe('test data by the preprocessing of the training data', () => {
  const train = 'a,colour,b,y\n1,red,,yes\n3,blue,4,no\n'
  const options = { target: 'y', categorical: ['colour'], missing: 'mean' } as const

  test('readCsv with preprocessing: columns by name, the same categories, fills and classes', async () => {
    const { preprocessing } = await read(train, options)
    const test = await read('y,b,extra,colour,a\nno,,?,red,9\n', { preprocessing: preprocessing as Preprocessing })
    expect([test.x.toArray(), test.y.toArray(), test.classNames]).toEqual([[[9, 0, 1, 4]], [0], ['no', 'yes']])
    expect(test.preprocessing).toBe(preprocessing)
    const text = 'y,b,colour,a\nmaybe,1,red,9\n'
    expect(await problem(text, { preprocessing })).toBe(
      'ERR_DATA f.csv: line 2: the target "y" is "maybe", expected one of "no", "yes"',
    )
    expect(await problem(text, { preprocessing, missing: 'drop' })).toMatch(/preprocessing says missing already/)
  })

  test('readCsvSamples needs no target, and refuses unknown categories and missing columns', async () => {
    const { preprocessing } = await read(train, options)
    const samples = (text: string) => readCsvSamples(file(text), preprocessing)
    expect((await samples('colour,b,a\nblue,1,2\n,1,NA\n')).toArray()).toEqual([
      [2, 1, 0, 1],
      [2, 0, 0, 1],
    ])
    const unknown = await failureOf(() => samples('colour,b,a\nred,1,2\ngreen,1,2\n'))
    expect(unknown.message).toMatch(
      /line 3: column "colour" has the category "green", expected one of the training data: "blue", "red"$/,
    )
    const without = await failureOf(() => samples('Color,b,a\nred,1,2\n'))
    expect(without.message).toMatch(
      /expected a column "colour" .* has the columns "Color", "b", "a"\. Did you mean Color\?$/,
    )
    expect((await failureOf(() => readCsvSamples(file(train), undefined))).code).toBe('ERR_ARGUMENT')
    expect((await failureOf(() => readCsv('', options))).message).toBe('readCsv: path is "", expected a file\'s path')
    expect((await failureOf(() => samples('colour,b,a\n'))).message).toMatch(/a header without rows/)
  })

  test('files without a header: as the training data, or features only', async () => {
    const { preprocessing } = await read('0,1,2\n1,3,4\n', { target: 0, header: false })
    expect((await readCsvSamples(file('0,5,6\n'), preprocessing)).toArray()).toEqual([[5, 6]])
    expect((await readCsvSamples(file('5,6\n'), preprocessing)).toArray()).toEqual([[5, 6]])
    expect((await failureOf(() => readCsvSamples(file('5\n'), preprocessing))).code).toBe('ERR_DATA')
  })

  test('columns that are called as those without a name have a header all the same', async () => {
    for (const head of [',,y', 'column 0,column 1,y']) {
      const { preprocessing } = await read(`${head}\n1,2,0\n3,4,1\n`, { target: 'y' })
      const again = Preprocessing.fromJSON(JSON.parse(JSON.stringify(preprocessing)))
      expect((await readCsvSamples(file(`${head}\n5,6,0\n`), again)).toArray()).toEqual([[5, 6]])
      expect((await read(`${head}\n5,6,1\n`, { preprocessing: again })).y.data).toEqual(Int32Array.of(1))
    }
  })

  test('models saved before tables said whether they had a header are read by the names of their columns', async () => {
    const source = (...names: string[]) => ({ kind: 'table', columns: names.map((name) => ({ name })) })
    const old = (...names: string[]) => Preprocessing.fromJSON({ source: source(...names) })
    expect((await readCsvSamples(file('b,a\n1,2\n'), old('a', 'b'))).toArray()).toEqual([[2, 1]])
    expect((await readCsvSamples(file('1,2\n'), old('column 0', 'column 1'))).toArray()).toEqual([[1, 2]])
  })

  test('survives JSON', async () => {
    const { preprocessing } = await read(train, options)
    const again = Preprocessing.fromJSON(JSON.parse(JSON.stringify(preprocessing)))
    expect((await readCsvSamples(file(train), again)).toArray()).toEqual([
      [1, 0, 1, 4],
      [3, 1, 0, 4],
    ])
  })
})

describe('encodings', () => {
  const umlauts = 'a,y\n1,ä\n2,b\n'

  test('UTF-8 and UTF-16 with its mark', async () => {
    for (const bytes of [
      Buffer.from(umlauts),
      Buffer.from(`\ufeff${umlauts}`),
      Buffer.from(`\ufeff${umlauts}`, 'utf16le'),
    ]) {
      expect((await read(bytes, { target: 'y' })).classNames).toEqual(['b', 'ä'])
    }
  })

  test('any other is an error with a line, also far into the file and in its last bytes', async () => {
    const long = `a,y\n${'1,€\n'.repeat(30_000)}`
    for (const [bytes, line] of [
      [Buffer.from(umlauts, 'latin1'), 2],
      [Buffer.concat([Buffer.from(long), Buffer.from('2,ü\n3,b\n', 'latin1')]), 30_002],
      [Buffer.from('a,y\n1,b\n2,€').subarray(0, -1), 3],
    ] as const) {
      const { code, message } = await failureOf(() => read(bytes, { target: 'y' }))
      expect([code, message]).toEqual(['ERR_DATA', expect.stringContaining(`: line ${line}: is not UTF-8, expected`)])
    }
    expect((await read(long, { target: 'y' })).length).toBe(30_000)
  })
})

describe('bad files are errors with a line', () => {
  const cases: Readonly<Record<string, readonly [text: string, options: object, message: string]>> = {
    ragged: ['a,y\n1,0\n1,2,3\n', { target: 'y' }, 'line 3: 3 cells, expected 2 as in the header'],
    'ragged without header': [
      '1,0\n1\n',
      { target: 1, header: false },
      'line 2: 1 cell, expected 2 as in the first row',
    ],
    text: [
      'petal length,y\n1,0\nlong,1\n',
      { target: 'y' },
      'line 3: column "petal length" has "long", expected a number; for a column of texts, ' +
        'categorical: ["petal length"]; for a mark of empty cells, name it in missingValues',
    ],
    'text after lines within quotes': [
      'c,b,y\n"p\nq",1,0\nr,x,0\n',
      { target: 'y', categorical: ['c'] },
      'line 4: column "b" has "x"',
    ],
    hexadecimal: ['a,y\n0x10,0\n', { target: 'y' }, 'line 2: column "a" has "0x10", expected a number'],
    infinity: ['a,y\nInfinity,0\n', { target: 'y' }, 'line 2: column "a" has "Infinity", expected a number'],
    'beyond float32': ['a,y\n1e39,0\n1,1\n', { target: 'y' }, 'line 2: column "a" has 1e39, beyond what float32 holds'],
    'no such target': [
      'sepal,species\n1,a\n',
      { target: 'Species' },
      'ERR_ARGUMENT readCsv: target is "Species", but f.csv has the columns "sepal", "species". Did you mean species?',
    ],
    'target beyond the columns': ['a,y\n1,0\n', { target: 2 }, 'target is 2, but f.csv has the columns 0 to 1'],
    'no target': ['a,y\n1,0\n', {}, 'ERR_ARGUMENT readCsv: target is missing, expected the column to learn'],
    empty: ['', { target: 'y' }, 'ERR_DATA f.csv: is empty, expected a header and rows'],
    'only empty lines': ['\n\n \n', { target: 'y' }, 'f.csv: is empty'],
    'only a header': ['a,y\n', { target: 'y' }, 'ERR_DATA f.csv: a header without rows, expected at least one'],
    'names twice': ['a,b,a\n1,2,3\n', { target: 'b' }, 'line 1: columns 0 and 2 are both called "a"'],
    'a header of numbers': ['1,2\n3,4\n', { target: 1 }, 'line 1: the header has only numbers; for a file without one'],
    'another delimiter': ['a;y\n1;2\n', { target: 'y' }, 'line 1: the header is one column, "a;y"; set delimiter: ";"'],
    binary: ['a,y\n1,\0\n', { target: 'y' }, 'ERR_DATA f.csv: is no CSV file: it has binary data'],
    'an open quote': ['a,y\n1,"x\n2,y\n', { target: 'y' }, 'line 3: a quoted cell is not closed'],
    'a quote within': ['a,y\n1,x"z"\n', { target: 'y' }, 'line 2: a quote within a cell'],
    'a text behind a quote': ['a,y\n1,"x"z\n', { target: 'y' }, 'line 2: a text behind a closing quote'],
    'an empty target': [
      'a,y\n1,\n2,b\n',
      { target: 'y' },
      'line 2: the target "y" is empty, expected a value; missing: \'drop\'',
    ],
    'values and texts': [
      'a,y\n1,0.5\n1,low\n',
      { target: 'y' },
      'line 3: the target "y" is "low", expected a number, as line 2 has 0.5; for names of classes, task: \'classify\'',
    ],
    'a text to regress': [
      'a,y\n1,b\n',
      { target: 'y', task: 'regress' },
      'line 2: the target "y" is "b", expected a number;',
    ],
    'all rows dropped': [
      'a,y\n,1\n',
      { target: 'y', missing: 'drop' },
      "ERR_DATA f.csv: 1 row, all with an empty cell, expected one without; fill them: missing: 'mean' or a number",
    ],
    'no mean': ['a,y\n,0\n,1\n', { target: 'y', missing: 'mean' }, 'column "a" has no number at all'],
    'too many categories': [
      `a,y\n${Array.from({ length: 1001 }, (_, i) => `t${i},0\n`).join('')}`,
      { target: 'y', categorical: ['a'] },
      'line 1002: column "a" has more than 1000 different texts',
    ],
    'no feature': ['y\n1\n2\n', { target: 'y' }, 'f.csv has no other column than the target'],
    'an empty list of features': ['a,y\n1,0\n', { target: 'y', features: [] }, 'features is empty'],
    'the target as a feature': ['a,y\n1,0\n', { target: 'y', features: ['y'] }, '"y" is a feature and the target'],
    'a feature twice': ['a,y\n1,0\n', { target: 'y', features: ['a', 0] }, 'features has the column "a" twice'],
    'categories of the target': [
      'a,y\n1,0\n',
      { target: 'y', categorical: ['y'] },
      'categorical has "y", which is no fe',
    ],
    'a wrong task': ['a,y\n1,0\n', { target: 'y', task: 'learn' }, 'task is "learn", expected \'classify\' or'],
    'a wrong way with gaps': [
      'a,y\n1,0\n',
      { target: 'y', missing: 'zero' },
      "missing is \"zero\", expected 'error', 'mean'",
    ],
    'a wrong delimiter': ['a,y\n1,0\n', { target: 'y', delimiter: '' }, 'delimiter is "", expected what is between'],
    'a wrong header': ['a,y\n1,0\n', { target: 'y', header: 'yes' }, 'header is "yes", expected true or false'],
    'an unknown option': ['a,y\n1,0\n', { target: 'y', sep: ';' }, "unknown option 'sep', expected target, features"],
    'a wrong column': ['a,y\n1,0\n', { target: 1.5 }, 'target is 1.5, expected a column: its name, or its number'],
  }
  for (const [name, [text, options, message]] of Object.entries(cases)) {
    test(name, async () => expect(await problem(text, options)).toContain(message))
  }

  test('a missing file, a folder, damaged gzip; nothing stays open', async () => {
    const handles = () => readdirSync('/proc/self/fd').length
    const before = process.platform === 'linux' ? handles() : 0
    const message = async (path: string) => (await failureOf(() => readCsv(path, { target: 'y' }))).message
    expect(await message(`${folder}/none.csv`)).toMatch(/none\.csv: no such file; expected a CSV file/)
    expect(await message(folder)).toMatch(/not a regular file/)
    expect(await message(file(gzipSync(`a,y\n${'1,0\n'.repeat(99)}`).subarray(0, 30)))).toMatch(/damaged gzip data/)
    for (let i = 0; i < 20; i++) await problem('a,y\n1,0\nx,1\n', { target: 'y' })
    if (process.platform === 'linux') {
      await expect.poll(handles).toBeLessThanOrEqual(before + 2)
    }
  })
})

test('cells that are numbers, and cells that are not', () => {
  const numbers = { '0': 0, '-1': -1, '+2.5': 2.5, '.5': 0.5, '5.': 5, '1e3': 1000, '2E-2': 0.02, '007': 7, '0.1': 0.1 }
  for (const [text, value] of Object.entries(numbers)) expect(numberIn(text)).toBe(value)
  const texts = ['', ' ', '\n', '.', '-', 'e5', '1e', '1,5', '1_000', '0x10', '0X1', '0b1', '0o7', '-0x1', '1 2']
  for (const text of [...texts, 'NaN', 'Infinity', '-Infinity', '1n', '٣', '1.2.3', 'a1']) {
    expect([text, numberIn(text)]).toEqual([text, undefined])
  }
})
