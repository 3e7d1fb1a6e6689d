import { Registry } from "@radiantearth/stac-fields";

import { extensions, fields } from "./fields.json";

for (const [prefix, label] of Object.entries(extensions)) {
  Registry.addExtension(prefix, { label });
}
for (const { name, label, unit, format } of fields) {
  Registry.addMetadataField(name, { label, ...(unit && { unit }), ...(format && { format }) });
}
