/**
 * Builds the pages' scripts and styles: `node gateway/static/src/build.mjs FOLDER`, from the top of
 * the repository. Prints a line per file with its size, and fails when a text or a token is missing.
 */

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import * as esbuild from "esbuild";

import { hostTokens } from "./theme.mjs";

const require = createRequire(import.meta.url);
const source = path.dirname(fileURLToPath(import.meta.url));
const locales = path.resolve(source, "../../locales");
const LANGUAGES = ["sv", "nb", "nn"];
// The first is the widget's own; the others are chosen by its attribute `color`.
const ACCENTS = ["accent", "brand1", "brand2"];
const TARGET = ["chrome111", "firefox111", "safari16.4"];

const minified = { minify: true, charset: "utf8", target: TARGET, legalComments: "none", logLevel: "warning" };
const shared = { ...minified, bundle: true };

/** `import texts from "texts:widget,staff"`: the keys that begin so, of all languages. */
const texts = {
  name: "texts",
  setup(build) {
    build.onResolve({ filter: /^texts:/ }, ({ path: name }) => ({ path: name.slice(6), namespace: "texts" }));
    build.onLoad({ filter: /.*/, namespace: "texts" }, async ({ path: prefixes }) => {
      const files = LANGUAGES.map((language) => path.join(locales, `${language}.json`));
      const all = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, "utf-8"))));
      const wanted = prefixes.split(",");
      const named = (key) => wanted.some((prefix) => key === prefix || key.startsWith(`${prefix}.`));
      const keys = [...new Set(all.flatMap(Object.keys))].filter(named);
      const table = {};
      for (const key of keys) {
        table[key] = all.map((one, index) => {
          if (!one[key]) throw new Error(`${LANGUAGES[index]}.json has no text for ${key}`);
          return one[key];
        });
      }
      return { contents: JSON.stringify({ languages: LANGUAGES, table }), loader: "json", watchFiles: files };
    });
  },
};

/** A stylesheet imported by a script: bundled, with its tokens, as one string. */
const styles = {
  name: "styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const bundled = await esbuild.build({ ...shared, entryPoints: [file], write: false });
      const css = withoutUnused(bundled.outputFiles[0].text);
      const theme = await readFile(require.resolve("@digdir/designsystemet-theme"), "utf-8");
      const tokens = await esbuild.transform(hostTokens(theme, css, ACCENTS), { ...minified, loader: "css" });
      return { contents: `@layer ds.base,ds.components;@layer ds.base{${tokens.code}}${css}`, loader: "text" };
    });
  },
};

/** Leaves out the rules for kinds of fields that the widget does not have. */
function withoutUnused(css) {
  return css.replace(/(?<=[{}])[^{}@]*(?:type=(?:radio|checkbox|date)|is\(select\)|readonly)[^{}]*\{[^{}]*\}/g, "");
}

const folder = process.argv[2];
if (!folder) throw new Error("The folder to build into is missing");

const built = await Promise.all([
  esbuild.build({
    ...shared, plugins: [texts, styles], format: "esm", outdir: folder, metafile: true,
    entryPoints: { "svar-chat": path.join(source, "widget/index.js") },
  }),
  esbuild.build({
    ...shared, plugins: [texts], format: "esm", outdir: folder, metafile: true,
    entryPoints: {
      desk: path.join(source, "desk/index.js"),
      editor: path.join(source, "editor/index.js"),
      site: path.join(source, "site/site.css"),
      staff: path.join(source, "staff/staff.css"),
    },
  }),
]);
const sizes = {};
for (const { metafile } of built) {
  for (const file of Object.keys(metafile.outputs)) {
    const bytes = await readFile(file);
    sizes[path.basename(file)] = { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  }
}
await writeFile(path.join(folder, "sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
for (const [file, { bytes, gzip }] of Object.entries(sizes)) {
  console.log(`${file.padEnd(14)} ${(bytes / 1000).toFixed(1).padStart(6)} kB, ${(gzip / 1000).toFixed(1)} kB gzip`);
}
