import CONFIG from "./src/config";
import i18n from "./src/i18n";

// Titles of collections, items and their files in the page's language. The catalogue holds them in English, made of
// words of the vocabulary. The service gives the French ones (`titles`); they are put in place here, as
// catalog_builder/vocab/french.py does it.

const { titles } = CONFIG;

const FILE = /^(Preview of |Legend of |Producer's metadata of |)(.+?)(?:, (ground geometry|radar geometry))?(?:, (\d+) looks)?$/s;

function ofFile(title) {
  const [, before, product, geometry, looks] = FILE.exec(title) ?? [];
  if (!Object.hasOwn(titles.words, product)) {
    return null;
  }
  const parts = [titles.words[product], geometry && titles.words[geometry], looks && `${looks} vues`];
  return (titles.before[before] ?? "").replace(" :", "\u00a0:") + parts.filter((part) => part).join(", ");
}

function ofCollection(title) {
  const [region, kind] = title.split(": ", 2);
  return Object.hasOwn(titles.words, kind) ? `${titles.words[region] ?? region}\u00a0: ${titles.words[kind]}` : null;
}

function ofItem(title) {
  const kind = titles.kinds.find((each) => title.includes(` ${each} `));
  return kind ? title.replace(` ${kind} `, ` ${titles.words[kind]} `) : title;
}

/** A title as the page's language has it; one that is not made of our words stays as it is. */
export function inLanguage(title) {
  if (i18n.locale !== "fr" || typeof title !== "string") {
    return title;
  }
  return ofFile(title) ?? ofCollection(title) ?? ofItem(title);
}
