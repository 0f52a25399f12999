// A PNG as an address that holds it, for pictures inside texts.

export function pngAddress(png: Uint8Array): string {
  const characters = Array.from(png, (byte) => String.fromCharCode(byte))
  return `data:image/png;base64,${btoa(characters.join(''))}`
}
