/** The terminal that standard output is. */
export interface Screen {
  /** Lines that fit on it, as it is now. */
  readonly rows: number;
}

const SECOND_SCREEN = "\x1b[?1049h\x1b[?7l";
const FIRST_SCREEN = "\x1b[?7h\x1b[?1049l";
const [HOME, REST_OF_LINE, BELOW] = ["\x1b[H", "\x1b[K", "\x1b[J"];

/** Shows texts one in place of the other, as watch(1) does; the last one stays when it is over. */
export async function showEach(
  texts: AsyncIterable<string>,
  screen: Screen,
  write: (text: string) => void,
): Promise<void> {
  let last = "";
  write(SECOND_SCREEN);
  try {
    for await (const text of texts) {
      last = text;
      write(picture(text, screen.rows));
    }
  } finally {
    write(FIRST_SCREEN + last);
  }
}

// Each line ends what was there before: nothing flickers.
function picture(text: string, rows: number): string {
  const lines = text.trimEnd().split("\n");
  const more = lines.length - rows + 2;
  const shown = lines.length < rows ? lines : [...lines.slice(0, rows - 2), `… and ${more} more lines`];
  return `${HOME}${shown.map((line) => `${line}${REST_OF_LINE}\n`).join("")}${BELOW}`;
}
