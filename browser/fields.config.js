import { Registry } from "@radiantearth/stac-fields";
import DataTypes from "@radiantearth/stac-fields/datatypes";
import Helper from "@radiantearth/stac-fields/helper";

import { extensions, others, queryables, units } from "./fields.json";
import { translateFields } from "./src/i18n";

// Names, units and words of properties. STAC Browser looks phrases up by their English text: build.mjs writes the
// French ones into its dictionary.

const FIELDS = Object.fromEntries([...queryables, ...others].map((field) => [field.name, field]));
const unitOf = ({ unit }) => unit && (units[unit]?.[0] ?? unit);

/** The title of a property with its unit, in the page's language; undefined where it is none of ours. */
export function titleOf(name) {
  const field = FIELDS[name];
  const unit = field && unitOf(field);
  return field && translateFields(field.label) + (unit ? ` [${translateFields(unit)}]` : "");
}

/** A value in words, in the page's language. */
export function wordFor(name, value) {
  return translateFields(FIELDS[name]?.values?.[value]?.[0] ?? value);
}

const inWords = (value, name) =>
  Helper.toList(Array.isArray(value) ? value : [value], false, (one) => DataTypes.format(wordFor(name, one)));

// In place of stac-fields' own, which takes names and versions for HTML.
const software = (value) =>
  Helper.toList(
    Object.entries(value ?? {}).map(([name, version]) => DataTypes.format(version ? `${name} (${version})` : name)),
    true
  );
const FORMATTERS = { "processing:software": software };

for (const [prefix, [label]] of Object.entries(extensions)) {
  Registry.addExtension(prefix, { label });
}
for (const field of Object.values(FIELDS)) {
  const known = Registry.getSpecification(field.name);
  const { name, label, format = known.format, values } = field;
  const unit = unitOf(field) ?? known.unit;
  Registry.addMetadataField(name, {
    ...known,
    label,
    explain: undefined,
    ...(unit && { unit }),
    ...(values || FORMATTERS[name]
      ? { format: undefined, formatter: FORMATTERS[name] ?? inWords }
      : format && { format }),
  });
}
// One item may be made from many: the link leads to a search.
Registry.fields.links.rel.mapping.derived_from = "Items that this one is made from";
