/** Folding of long answers: the first lines stay, what follows is hidden from everybody alike. */

const LINES = 8;
// Hiding two lines behind a button saves nobody anything.
const SLACK = 3;
// What a line of the panel holds. Estimated rather than measured: a closed panel has no lines yet.
const CHARACTERS = 42;

const lines = (text, characters = CHARACTERS) => Math.max(1, Math.ceil(text.length / characters));

/** The smallest parts that can be hidden: blocks, items of lists, rows of tables. */
function parts(body) {
  return [...body.children].flatMap((block) => {
    if (block.matches(".table")) {
      return [...block.querySelectorAll("tr")].map((row, index) => ({
        element: row,
        whole: index ? null : block,
        leads: !index,
        size: Math.max(...[...row.cells].map((cell) => lines(cell.textContent, CHARACTERS / row.cells.length))),
      }));
    }
    const elements = block.matches("ul, ol") ? [...block.children] : [block];
    return elements.map((element, index) => ({
      element,
      whole: index ? null : block,
      leads: block.matches("h3"),
      size: lines(element.textContent),
    }));
  });
}

/**
 * The elements beyond the first lines, in order; none if all fits.
 *
 * With the first part of a list or table goes the list or table, so that no empty frame is left.
 */
export function overflow(body) {
  const all = parts(body);
  if (all.reduce((sum, { size }) => sum + size, 0) <= LINES + SLACK) return [];
  let used = 0;
  let kept = all.findIndex(({ size }) => (used += size) > LINES);
  // A heading says nothing without what it is the heading of.
  while (kept > 0 && all[kept - 1].leads) kept -= 1;
  return all.slice(Math.max(1, kept)).map(({ element, whole }) => whole ?? element);
}
