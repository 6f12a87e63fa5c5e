import { h } from "./dom.js";

/**
 * Markdown to DOM nodes, for text that others wrote: paragraphs, lists, headings, tables, bold,
 * italics and links. No HTML passes through, because nothing here parses any. The words stay as
 * they are; only the space in "1 770 kr" becomes one that no line breaks at.
 */

const SAFE = new Set(["http:", "https:", "tel:", "mailto:"]);
const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE =
  /\\([\\`*_{}[\]()#+\-.!|<>])|\*\*(.+?)\*\*|__(.+?)__|(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*|(?<!\w)_([^\s_](?:[^_]*[^\s_])?)_(?!\w)|`([^`]+)`|\[([^\]]+)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)|<((?:https?|mailto|tel):[^\s>]+)>|(https?:\/\/[^\s<>()]*[^\s<>().,;:!?])/;
// A space inside a number ("1 770") or between it and its unit ("1 770 kr").
const BREAKABLE =
  /(?<=\d) (?=\d{3}(?!\d)|(?:kr|kronor|kroner|öre|øre|%|°C?|[ck]?m[²³2]?|mm|kvm|k?g|hg|l|liter|ton|tonn|kWh?)(?![\p{L}\d]))/gu;
const NO_BREAK = "\u00a0";

function link(address, ...content) {
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    return content;
  }
  if (!SAFE.has(url.protocol)) return content;
  return [h("a", { href: address, class: "ds-link", rel: "noopener" }, ...content)];
}

function inline(text, breaks) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) nodes.push(...plain(rest.slice(0, match.index), breaks));
    const [whole, escaped, bold, bold2, italic, italic2, code, label, address, auto, bare] = match;
    if (escaped) nodes.push(escaped);
    else if (bold ?? bold2) nodes.push(h("strong", {}, ...inline(bold ?? bold2, breaks)));
    else if (italic ?? italic2) nodes.push(h("em", {}, ...inline(italic ?? italic2, breaks)));
    else if (code) nodes.push(h("code", {}, code));
    else if (label) nodes.push(...link(address, ...inline(label, breaks)));
    else if (auto) nodes.push(...link(auto, auto.replace(/^(mailto|tel):/, "")));
    else nodes.push(...link(bare, bare));
    rest = rest.slice(match.index + whole.length);
  }
  if (rest) nodes.push(...plain(rest, breaks));
  return nodes;
}

/** Keeps a number and its unit on one line: a price broken in two is misread in a narrow table. */
function together(text) {
  return text.replace(BREAKABLE, NO_BREAK);
}

function plain(text, breaks) {
  const lines = together(text).split(breaks ? /\n/ : / {2,}\n|\\\n/);
  return lines.flatMap((line, index) => (index ? [h("br"), line.trimStart()] : [line]));
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table(lines, { breaks, tableLabel }) {
  const row = (line, tag, properties) =>
    // An empty heading would be announced as one.
    h("tr", {}, ...cells(line).map((cell) => (cell ? h(tag, properties, ...inline(cell, breaks)) : h("td"))));
  // A wide table scrolls in its own box, reachable by keyboard, so that the page never does.
  return h("div", { class: "table", tabindex: "0", role: "group", "aria-label": tableLabel },
    h("table", {},
      h("thead", {}, row(lines[0], "th", { scope: "col" })),
      h("tbody", {}, ...lines.slice(2).map((line) => row(line, "td", {})))));
}

function list(lines, breaks) {
  const [, indent, marker] = ITEM.exec(lines[0]);
  const ordered = /\d/.test(marker);
  const start = parseInt(marker, 10);
  const element = h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? String(start) : null });
  let item = [];
  const flush = () => {
    if (!item.length) return;
    const nested = item.findIndex((line, index) => index && ITEM.test(line));
    const own = nested < 0 ? item : item.slice(0, nested);
    const node = h("li", {}, ...inline(own.map((line) => line.trim()).join("\n"), breaks));
    if (nested > 0) node.append(list(item.slice(nested), breaks));
    element.append(node);
  };
  for (const line of lines) {
    const match = ITEM.exec(line);
    if (match && match[1].length <= indent.length + 1) {
      flush();
      item = [match[3]];
    } else if (line.trim()) item.push(line);
  }
  flush();
  return element;
}

/**
 * `text` as a document fragment. With `breaks`, a line break in the text stays one; `heading` is the
 * element for headings of any level; `tableLabel` names the boxes that tables scroll in.
 */
export function markdown(text, { breaks = false, heading = "h3", tableLabel }) {
  const fragment = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  const take = (wanted) => {
    const start = at;
    while (at < lines.length && wanted(lines[at], at > start)) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const title = HEADING.exec(line);
    if (!line.trim()) at += 1;
    else if (title) {
      fragment.append(h(heading, {}, ...inline(title[2], breaks)));
      at += 1;
    } else if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) {
      fragment.append(table(take((next) => next.includes("|")), { breaks, tableLabel }));
    } else if (ITEM.test(line)) {
      fragment.append(list(take((next) => next.trim() !== "" && !HEADING.test(next)), breaks));
    } else {
      const paragraph = take((next, later) =>
        next.trim() !== "" && !HEADING.test(next) && !(later && ITEM.test(next)));
      fragment.append(h("p", {}, ...inline(paragraph.join("\n"), breaks)));
    }
  }
  return fragment;
}
