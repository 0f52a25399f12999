// A folder of images by class as a data set: folder/class/image.png.

import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { checkOptions, counted, describe, netwrightError, requireWhole } from '../../errors.js'
import { systemProblem } from '../../files/file-error.js'
import { nextTurn } from '../../platform.js'
import { Tensor } from '../../tensor/tensor.js'
import { Dataset } from '../dataset.js'
import { type ImageSource, Preprocessing } from '../preprocessing.js'
import { sharedArray } from '../shared-array.js'
import { imageError, type Picture, withChannels, writePlanes } from './picture.js'
import { checkImageOptions, decodeImage, defaultMaxPixels, type ReadImageOptions, readImageFile } from './read-image.js'
import { resize } from './resize.js'

export interface ImageFolderOptions extends ReadImageOptions {
  /** Names of the class folders to read, in the order of their labels. Default: all, sorted. */
  readonly classes?: readonly string[]
  /** Endings of the files to read, in any case; others are passed over. Default .png, .jpg and .jpeg. */
  readonly extensions?: readonly string[]
  /** Refuse folders whose samples take more bytes than this, before they are decoded; default 2 GiB. */
  readonly maxBytes?: number
  /** Told of each file once it is decoded. */
  readonly onProgress?: (progress: ImageFolderProgress) => void
}

export interface ImageFolderProgress {
  /** Images decoded so far, and of all. */
  readonly done: number
  readonly total: number
  readonly file: string
}

interface ImageFile {
  readonly path: string
  readonly label: number
}

const names = ['channels', 'width', 'height', 'maxPixels', 'classes', 'extensions', 'maxBytes', 'onProgress']
/** Files are read ahead of the decoder. */
const readAhead = 8
/** Milliseconds after which the event loop has its turn. */
const longest = 10

/**
 * The images of `dir/class/*.png`, `*.jpg` and `*.jpeg`: x uint8 (N, C, H, W) with scale 1/255, y labels of the classes,
 * which are the folder's subfolders in alphabetical order (by code unit, as their files). `classNames` and
 * `preprocessing.source` say how they came about. Images are read as `readImage` does.
 *
 * All images have the channels and the size of the first one: a larger or smaller one is an error, unless `width` and
 * `height` are given, to which all are stretched, and so is a coloured one among greys, unless `channels` is.
 *
 * With separate folders for training and test, read each, the second with the classes and size of the first:
 * `const train = await imageFolder('pets/train', size)`,
 * `await imageFolder('pets/test', { ...size, classes: train.classNames })`.
 *
 * Hidden files are passed over, links followed. Throws ERR_DATA: no such folder, no or only one class folder (unless
 * `classes` names it), a class folder with no image or with folders inside, a file that is no image, more than `maxBytes`;
 * ERR_ARGUMENT for an option out of range.
 */
export async function imageFolder(dir: string, options: ImageFolderOptions = {}): Promise<Dataset> {
  checkFolderOptions(dir, options)
  const { maxBytes = 2 ** 31, maxPixels = defaultMaxPixels, onProgress } = options
  const extensions = (options.extensions ?? ['.png', '.jpg', '.jpeg']).map((ending) => ending.toLowerCase())
  const classNames = await findClasses(dir, extensions, options.classes)
  const files: ImageFile[] = []
  for (const [label, name] of classNames.entries()) {
    for (const path of await findImages(join(dir, name), extensions)) files.push({ path, label })
  }
  const first = files[0] as ImageFile
  const decoded = await decodeImage(first.path, await readImageFile(first.path, maxPixels), maxPixels)
  const { channels = decoded.channels, width = decoded.width, height = decoded.height } = options
  const format: ImageFormat = { channels, width, height, isSized: options.width !== undefined, first: first.path }
  const sampleSize = channels * height * width
  if (files.length * sampleSize > maxBytes) {
    const bytes = `${files.length * sampleSize} bytes, expected at most ${maxBytes}`
    throw imageError(dir, `${files.length} images of ${channels}×${height}×${width} bytes are ${bytes}`, {
      width: 'give a smaller width and height',
      maxBytes: 'or give a greater maxBytes',
    })
  }
  const x = sharedArray('uint8', files.length * sampleSize) as Uint8Array
  let done = 0
  for await (const { path, bytes } of readAll(files, maxPixels)) {
    const picture = fitted(path, await decodeImage(path, bytes, maxPixels), format, options)
    writePlanes(picture, x.subarray(done * sampleSize, (done + 1) * sampleSize))
    done += 1
    onProgress?.({ done, total: files.length, file: path })
  }
  const source: ImageSource = { kind: 'images', channels, height, width, scale: 1 / 255 }
  return new Dataset(
    new Tensor(x, [files.length, channels, height, width], { scale: source.scale }),
    Int32Array.from(files, ({ label }) => label),
    { preprocessing: new Preprocessing({ source, classNames }) },
  )
}

function checkFolderOptions(dir: string, options: ImageFolderOptions): void {
  checkOptions('imageFolder', options, names)
  if (typeof dir !== 'string') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `imageFolder: got ${describe(dir)}, expected the path of a folder`,
      'TypeError',
    )
  }
  checkImageOptions('imageFolder', options)
  const { classes, extensions, maxBytes, onProgress } = options
  for (const [name, list] of Object.entries({ classes, extensions })) {
    if (list === undefined) continue
    const isList = Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string')
    if (isList && new Set(list).size === list.length) continue
    throw netwrightError(
      'ERR_ARGUMENT',
      `imageFolder: ${name} is ${describe(list)}, expected a list of different texts`,
      'TypeError',
    )
  }
  if (maxBytes !== undefined) requireWhole('imageFolder: maxBytes', maxBytes)
  if (onProgress === undefined || typeof onProgress === 'function') return
  throw netwrightError(
    'ERR_ARGUMENT',
    `imageFolder: onProgress is ${describe(onProgress)}, expected a function`,
    'TypeError',
  )
}

interface Listing {
  readonly folders: readonly string[]
  readonly images: readonly string[]
  readonly others: readonly string[]
}

/** What stands in a folder, hidden files left out, sorted by code unit. Throws ERR_DATA. */
async function list(folder: string, extensions: readonly string[], expected: string): Promise<Listing> {
  const folders: string[] = []
  const images: string[] = []
  const others: string[] = []
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const isLink = entry.isSymbolicLink()
      const target = isLink ? await stat(join(folder, entry.name)) : entry
      if (target.isDirectory()) folders.push(entry.name)
      else if (extensions.includes(extname(entry.name).toLowerCase())) images.push(entry.name)
      else others.push(entry.name)
    }
  } catch (error) {
    throw netwrightError('ERR_DATA', `${folder}: cannot be read (${systemProblem(error)}); expected ${expected}`)
  }
  return { folders: folders.sort(), images: images.sort(), others: others.sort() }
}

async function findClasses(
  dir: string,
  extensions: readonly string[],
  wanted: readonly string[] | undefined,
): Promise<readonly string[]> {
  const { folders, images } = await list(dir, extensions, 'a folder with a folder of images for each class')
  const missing = wanted?.find((name) => !folders.includes(name))
  if (missing !== undefined) {
    throw netwrightError(
      'ERR_DATA',
      `${dir}: has no folder for the class ${describe(missing)}, it has ${folders.join(', ') || 'none'}`,
    )
  }
  const classes = wanted ?? folders
  if (wanted !== undefined || classes.length >= 2) return classes
  const got = classes.length === 1 ? `only the class folder ${classes[0]}` : 'no class folders'
  const loose = images.length > 0 ? ` and ${counted(images.length, 'image')} beside them, such as ${images[0]}` : ''
  throw netwrightError(
    'ERR_DATA',
    `${dir}: has ${got}${loose}; expected two or more folders of images, one for each class, such as ` +
      `${join(dir, 'cat', `1${extensions[0]}`)}`,
  )
}

async function findImages(folder: string, extensions: readonly string[]): Promise<readonly string[]> {
  const { folders, images, others } = await list(folder, extensions, 'a folder of images')
  if (folders.length > 0) {
    throw imageError(folder, `has the folder ${folders[0]}, expected images only`, {
      dir:
        'folders of training and of test images are read one after the other: ' +
        `imageFolder(${JSON.stringify(folder)}) reads this one`,
    })
  }
  if (images.length === 0) {
    const found = others.length > 0 ? `, but ${counted(others.length, 'other file')}, such as ${others[0]}` : ''
    throw netwrightError('ERR_DATA', `${folder}: has no image (${extensions.join(', ')})${found}`)
  }
  return images.map((name) => join(folder, name))
}

/** The files' bytes in order, some read ahead; lets the event loop have its turns. */
async function* readAll(files: readonly ImageFile[], maxPixels: number) {
  const pending: Promise<Uint8Array>[] = []
  let turn = performance.now()
  for (const [i, { path }] of files.entries()) {
    while (pending.length < readAhead && i + pending.length < files.length) {
      const reading = readImageFile((files[i + pending.length] as ImageFile).path, maxPixels)
      // Until its turn comes nobody looks at it, nor after another one failed.
      reading.catch(() => undefined)
      pending.push(reading)
    }
    yield { path, bytes: await (pending.shift() as Promise<Uint8Array>) }
    if (performance.now() - turn < longest) continue
    await nextTurn()
    turn = performance.now()
  }
}

interface ImageFormat {
  readonly channels: 1 | 3
  readonly width: number
  readonly height: number
  /** The size was asked for, and is not that of the first image. */
  readonly isSized: boolean
  readonly first: string
}

/** The picture in the data set's format. Throws ERR_DATA where that would lose something that nobody asked to. */
function fitted(path: string, picture: Picture, format: ImageFormat, { channels }: ImageFolderOptions): Picture {
  if (picture.channels > format.channels && channels === undefined) {
    const remedy = 'give channels: 1 or channels: 3 for all'
    throw imageError(path, `is in colour, but ${format.first} is grey`, { channels: remedy })
  }
  const { width, height } = picture
  if (!format.isSized && (width !== format.width || height !== format.height)) {
    throw imageError(path, `is ${width}×${height} pixels, but ${format.first} is ${format.width}×${format.height}`, {
      width: 'give width and height, to which all images are stretched',
    })
  }
  return resize(withChannels(picture, format.channels), format.width, format.height)
}
