// What is changed in STAC Browser's sources: `from` must stand exactly once in the file, or the build ends.
// Each row says why; what a newer STAC Browser does by itself is to be dropped here.

export const PATCHES = [
  {
    // Lists of items would be drawn as opaque previews stretched over each other's boxes. A preview may be in radar
    // geometry or carry a legend, and nothing says where its corners lie: the map shows footprints.
    file: "src/components/Map.vue",
    from: "displayPreview: this.children && this.children.isItemCollection()",
    to: "displayPreview: false",
  },
  {
    // A search that finds exactly one item would say that there is no spatial information, above its footprint.
    file: "src/components/Map.vue",
    from: "this.empty = this.stacLayer.isEmpty();",
    to: "this.empty = !this.children && this.stacLayer.isEmpty();\n        colourRasters(this.stacLayer);",
  },
  {
    // Rasters in the colours of what they hold; OpenLayers would show a grey scale.
    file: "src/components/Map.vue",
    from: "import MapUtils from './maps/mapUtils.js';",
    to: "import MapUtils from './maps/mapUtils.js';\nimport { colourRasters } from '../../raster-colours';",
  },
  {
    // A picture has no place on the ground, and a raster in radar geometry has no coordinates: neither can be shown
    // on the map.
    file: "src/components/HrefActions.vue",
    from: "else if (mapMediaTypes.includes(this.data?.type)) {",
    to: "else if (mapMediaTypes.includes(this.data?.type) && (this.isThumbnail || !/^image\\//.test(this.data.type) || this.data['proj:code'])) {",
  },
  // Validation: it would fetch schemas from other hosts and compile them by eval, which the page's policy forbids.
  {
    file: "src/components/Source.vue",
    from: `        <b-row class="stac-valid">
          <b-col cols="4">{{ $t('source.valid') }}</b-col>
          <b-col>
            <Validation :data="stac" />
          </b-col>
        </b-row>
`,
    to: "",
  },
  {
    file: "src/components/Source.vue",
    from: `    SocialSharing,
    Validation: () => import('./Validation.vue')`,
    to: "    SocialSharing",
  },
  {
    file: "src/router/index.js",
    from: `  routes.push({
    path: "/validation/(.*)",
    name: "validation",
    component: () => import("../views/Validation.vue"),
    props: route => getPath(route, config)
  });
`,
    to: "",
  },
  // See ReadMore.vue.
  ...["Catalog", "Item"].map((view) => ({
    file: `src/views/${view}.vue`,
    from: `import ReadMore from "vue-read-more-smooth";`,
    to: `import ReadMore from "../components/ReadMore.vue";`,
  })),
  // The search form: our properties by name, in both languages, with units; every property that has an order sorts.
  {
    file: "src/models/cql2/queryable.js",
    from: `import i18n from '../../i18n.js';`,
    to: `import i18n from '../../i18n.js';\nimport { titleOf } from "../../../fields.config";`,
  },
  {
    file: "src/models/cql2/queryable.js",
    from: `  get title() {
`,
    to: `  get title() {
    const ours = titleOf(this.id);
    if (ours) {
      return ours;
    }
`,
  },
  {
    file: "src/components/QueryableInput.vue",
    from: "import CqlValue from '../models/cql2/value';",
    to: `import CqlValue from '../models/cql2/value';
import { wordFor } from '../../fields.config';`,
  },
  {
    file: "src/components/QueryableInput.vue",
    from: `          value: option,
          text: option`,
    to: `          value: option,
          text: typeof option === 'boolean' ? this.$t(\`checkbox.\${option}\`) : wordFor(this.queryable.id, option)`,
  },
  {
    file: "src/components/SearchFilter.vue",
    from: "      criteria.push({ text: this.$t('fields.Title'), value: `${prefix}title` });",
    to: `      if (this.type !== 'Collections' && this.sortedQueryables.length > 0) {
        return criteria.slice(0, 1).concat(
          this.sortedQueryables
            .filter(queryable => queryable.supported)
            .map(({ id, title }) => ({ text: title, value: id }))
        );
      }
      criteria.push({ text: this.$t('fields.Title'), value: \`\${prefix}title\` });`,
  },
  {
    file: "src/components/SearchFilter.vue",
    from: `:description="$t('search.notFullySupported')"`,
    to: "",
  },
  {
    // Words were lost unless the reader pressed Enter after each.
    file: "src/components/SearchFilter.vue",
    from: `          <multiselect
            :id="ids.q" :value="query.q" @input="setSearchTerms"
            multiple taggable :options="query.ids"
            :placeholder="$t('search.enterSearchTerms')"
            :tagPlaceholder="$t('search.addSearchTerm')"
            :noOptions="$t('search.addSearchTerm')"
            @tag="addSearchTerm"
          >
            <template #noOptions>{{ $t('search.noOptions') }}</template>
          </multiselect>
`,
    to: `          <b-form-input
            :id="ids.q" type="search" :value="query.q.join(', ')"
            @input="text => setSearchTerms(text.split(',').map(term => term.trim()).filter(term => term))"
          />
`,
  },
  {
    // The children of an API are collections.
    file: "src/views/Catalog.vue",
    from: `<Catalogs :catalogs="catalogs"`,
    to: `<Catalogs :collectionsOnly="isApi || catalogs.every(one => one.type === 'Collection')" :catalogs="catalogs"`,
  },
  // Dates stay in one piece where a title breaks.
  {
    file: "src/StacBrowser.vue",
    from: "<h1>{{ title }}</h1>",
    to: `<h1><span v-for="(part, i) in title.split(/(\\d{4}-\\d{2}-\\d{2})/)" :key="i" :class="{'text-nowrap': i % 2}">{{ part }}</span></h1>`,
  },
  {
    file: "src/components/StacLink.vue",
    from: `<span class="title">{{ displayTitle }}</span>`,
    to: `<span class="title"><span v-for="(part, i) in String(displayTitle).split(/(\\d{4}-\\d{2}-\\d{2})/)" :key="i" :class="{'text-nowrap': i % 2}">{{ part }}</span></span>`,
  },
  // See safe-links.js.
  {
    file: "src/main.js",
    from: 'import init from "./init";',
    to: 'import init from "./init";\nimport "../safe-links";',
  },
  // Titles in the page's language; see titles.js.
  {
    file: "src/models/stac.js",
    from: `  if (Utils.hasText(title)) {
    return title;`,
    to: `  if (Utils.hasText(title)) {
    return inLanguage(title);`,
  },
  {
    file: "src/models/stac.js",
    from: "export function getDisplayTitle(",
    to: `import { inLanguage } from '../../titles';

export function getDisplayTitle(`,
  },
  {
    file: "src/components/Asset.vue",
    from: "return this.asset.title || this.asset.getKey();",
    to: "return inLanguage(this.asset.title) || this.asset.getKey();",
  },
  {
    file: "src/components/Asset.vue",
    from: "<script>",
    to: "<script>\nimport { inLanguage } from '../../titles';",
  },
  {
    // STAC Browser's own search page does not read an address: the service shows what a search finds.
    file: "src/components/StacLink.vue",
    from: "      if (!this.allowExternalAccess && this.isExternalUrl(this.link.href)) {",
    to: `      if (/\\/search\\?/.test(this.link.href)) {
        return false;
      }
      if (!this.allowExternalAccess && this.isExternalUrl(this.link.href)) {`,
  },
  {
    // For tile servers; it would stand above everything else.
    file: "src/views/Catalog.vue",
    from: "        'item_assets',",
    to: "        'item_assets',\n        'renders',",
  },
  {
    // Addresses for programs, like those of searches and queryables.
    file: "src/rels.js",
    from: "  'conformance', // API related v",
    to: `  'conformance', // API related v
  'aggregate',
  'aggregations',
  'http://www.opengis.net/def/rel/ogc/1.0/sortables',`,
  },
];
