// Elements of the page. Names from data become text, never HTML.

/** The element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no #${id}`)
  return element as T
}

/** A new element with a text in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  element.textContent = text
  element.className = className
  return element
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)}\u00a0%`

export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Draws bytes, channels side by side, into `canvas` at its natural size. */
export function paint(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  channels: number,
  bytes: Uint8Array,
): void {
  canvas.width = width
  canvas.height = height
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * i + channel] = bytes[i * channels + (channels === 3 ? channel : 0)] as number
    }
    image.data[4 * i + 3] = 255
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0)
}
