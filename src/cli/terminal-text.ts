// Texts from data (names of files, columns and classes) for the terminal: none of them may move its cursor.

/** `text` on one line, its control characters and those that turn the direction of writing as U+FFFD. */
export function terminalText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
