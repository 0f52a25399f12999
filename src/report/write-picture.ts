// Pictures as files: SVG always, PNG beside it where resvg is installed. A file appears whole or not at all.

import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOptions, describe, netwrightError } from '../errors.js'
import { fileError, systemProblem } from '../files/file-error.js'
import { writeFileAtomically } from '../files/write-file.js'
import { checkText } from './check.js'

export interface WritePictureOptions {
  /** Writes a PNG beside the SVG as well, at twice its size (default true). */
  readonly png?: boolean
}

export interface WrittenPicture {
  /** The files, as absolute paths. */
  readonly paths: readonly string[]
  /** One line on why there is no PNG. */
  readonly note?: string
}

/** Makes the folders of `path` and writes the file. Throws ERR_FILE. */
async function writeInFolder(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
  } catch (error) {
    throw fileError(path, `cannot be written (${systemProblem(error)})`, error)
  }
  await writeFileAtomically(path, [typeof content === 'string' ? Buffer.from(content) : content])
}

/** SVG to PNG. A native program, so an optional peer that users install; no bundler must insist on it. */
async function loadResvg() {
  try {
    return await import('@resvg/resvg-js')
  } catch (error) {
    // Missing, or without a binary for this platform.
    const { code, message } = error as { code?: string; message: string }
    return code === 'ERR_MODULE_NOT_FOUND' ? 'it is not installed' : (message.split('\n')[0] as string)
  }
}

/** Inter Regular of @expo-google-fonts/inter, cut by subset-font to Latin and Greek letters, mathematical signs, arrows. */
const font = new URL('./fonts/inter.ttf', import.meta.url)

/**
 * Writes a picture to `path`, whose folders are made: the text of an SVG to .svg and, where the optional peer
 * @resvg/resvg-js is installed, to .png; the bytes of a PNG (`encodePng`) to .png only. `path` may end with either
 * ending or with none. Files that are there are replaced. `note` says when the PNG was left out and how to get it.
 * Rejects with ERR_FILE where a file cannot be written.
 */
export async function writePicture(
  path: string,
  picture: string | Uint8Array,
  options: WritePictureOptions = {},
): Promise<WrittenPicture> {
  const where = 'writePicture'
  checkText(where, 'path', path)
  checkOptions(where, options, ['png'])
  const stem = resolve(path.replace(/\.(svg|png)$/i, ''))
  if (picture instanceof Uint8Array) {
    await writeInFolder(`${stem}.png`, picture)
    return { paths: [`${stem}.png`] }
  }
  if (typeof picture !== 'string' || !picture.startsWith('<svg')) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: picture is ${describe(picture)}, expected the text of an SVG`,
      'TypeError',
    )
  }
  await writeInFolder(`${stem}.svg`, picture)
  if (options.png === false) return { paths: [`${stem}.svg`] }
  const resvg = await loadResvg()
  if (typeof resvg === 'string') {
    const note = `PNG left out, since @resvg/resvg-js cannot be loaded: ${resvg}. To get it: npm install @resvg/resvg-js`
    return { paths: [`${stem}.svg`], note }
  }
  const rendered = await resvg.renderAsync(picture, {
    // The same text on every machine, whatever fonts it has.
    font: {
      loadSystemFonts: false,
      fontFiles: [fileURLToPath(font)],
      defaultFontFamily: 'Inter',
      sansSerifFamily: 'Inter',
    },
    // Sharp pixels: resvg does not know the `image-rendering: pixelated` of our pictures.
    imageRendering: 1,
    fitTo: { mode: 'zoom', value: 2 },
  })
  await writeInFolder(`${stem}.png`, rendered.asPng())
  return { paths: [`${stem}.svg`, `${stem}.png`] }
}
