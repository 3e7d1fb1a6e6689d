// Builds the STAC Browser of package-lock.json with our configuration into build/.
//
// The npm package holds STAC Browser's sources. They are copied to site/, because Babel leaves everything
// below node_modules as it is; our files are laid over the copy, and the copy is built.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { PATCHES } from "./patches.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const upstream = join(modules, "@radiantearth", "stac-browser");
const site = join(here, "site");
const target = join(here, "build");

const OVERLAY = [
  ["config.js", "config.js"],
  ["basemaps.config.js", "basemaps.config.js"],
  ["fields.config.js", "fields.config.js"],
  ["fields.json", "fields.json"],
  ["titles.js", "titles.js"],
  ["safe-links.js", "safe-links.js"],
  ["map-sources.js", "map-sources.js"],
  ["raster-colours.js", "raster-colours.js"],
  ["ReadMore.vue", join("src", "components", "ReadMore.vue")],
  ["custom.scss", join("src", "theme", "custom.scss")],
  ["index.html", join("public", "index.html")],
  ["runtime-config.js", join("public", "runtime-config.js")],
];
const LOCALES = ["en", "fr"];
// Browsers with ES modules only: one build instead of two.
const BROWSERS = ["defaults and fully supports es6-module"];

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value, null, 2));
}

function copySources() {
  if (existsSync(join(upstream, "node_modules"))) {
    // Two OpenLayers in one page draw nothing.
    throw new Error("npm gave STAC Browser private copies of libraries; pin them in package.json and lock again");
  }
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site);
  cpSync(upstream, site, { recursive: true });
  // STAC Browser's styles import ../../node_modules/ol/ol.css.
  symlinkSync(modules, join(site, "node_modules"), "dir");
  // Its own run-time file; ours is runtime-config.js.
  rmSync(join(site, "public", "config.js"));
}

function layOver() {
  for (const [from, to] of OVERLAY) {
    cpSync(join(here, from), join(site, to));
  }
  const manifest = readJson(join(site, "package.json"));
  // Vue CLI loads as plugins what stands here; ESLint is not needed for a build.
  manifest.devDependencies = readJson(join(here, "package.json")).devDependencies;
  manifest.browserslist = BROWSERS;
  writeJson(join(site, "package.json"), manifest);
}

function merge(into, from) {
  for (const [key, value] of Object.entries(from)) {
    into[key] = typeof value === "object" ? merge(into[key] ?? {}, value) : value;
  }
  return into;
}

function keepLocales() {
  const locales = join(site, "src", "locales");
  for (const locale of readdirSync(locales)) {
    if (!LOCALES.includes(locale)) {
      rmSync(join(locales, locale), { recursive: true });
    }
  }
  const { extensions, units, queryables, others, phrases, texts } = readJson(join(here, "fields.json"));
  const words = [...queryables, ...others].flatMap(({ label, label_fr, values = {} }) => [
    [label, label_fr],
    ...Object.values(values),
  ]);
  const pairs = [...words, ...Object.values(extensions), ...Object.values(units), ...Object.entries(phrases)];
  texts.fr.fields = Object.fromEntries(pairs);
  for (const locale of LOCALES) {
    const custom = join(locales, locale, "custom.json");
    writeJson(custom, merge(readJson(custom), texts[locale]));
  }
}

function patch({ file, from, to }) {
  const path = join(site, ...file.split("/"));
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) {
    throw new Error(`${file} of this STAC Browser does not hold what the patch replaces: ${from}`);
  }
  writeFileSync(path, parts.join(to));
}

function build() {
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith("SB_"));
  const env = { ...Object.fromEntries(settings), NODE_ENV: "production", BROWSERSLIST_IGNORE_OLD_DATA: "1" };
  const cli = join(modules, "@vue", "cli-service", "bin", "vue-cli-service.js");
  // No options: STAC Browser would write them into the page, this machine's paths with them.
  execFileSync(process.execPath, [cli, "build"], { cwd: site, env, stdio: "inherit" });
  rmSync(target, { recursive: true, force: true });
  renameSync(join(site, "dist"), target);
}

copySources();
layOver();
PATCHES.forEach(patch);
keepLocales();
build();
