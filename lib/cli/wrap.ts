/** Columns that a terminal has at least. */
const COLUMNS = 100;

/**
 * Breaks a text at spaces so that no line is longer than a terminal is wide; a longer word stays whole.
 * @param indent what every line starts with; lines after the first are indented two columns more.
 */
export function wrap(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
