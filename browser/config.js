// Options of STAC Browser, read twice: by Node at build time, and by the page, where
// window.STAC_BROWSER_CONFIG (runtime-config.js) overrides them.

const inPage = typeof document !== "undefined";

/** The catalogue when no server says otherwise: the folder above the bundle. */
function folderAbove() {
  return new URL("..", document.baseURI).href;
}

module.exports = {
  catalogUrl: folderAbove,
  catalogTitle: "FLATSIM",
  catalogImage: null,
  // Only this catalogue: a link must not show foreign content under our address.
  allowExternalAccess: false,
  allowedDomains: [],
  detectLocaleFromBrowser: true,
  storeLocale: true,
  locale: "en",
  fallbackLocale: "en",
  supportedLocales: ["en", "fr"],
  apiCatalogPriority: "collections",
  useTileLayerAsFallback: false,
  displayGeoTiffByDefault: false,
  // Footprints only; a reader may still put any raster on the map from the list of assets (see build.mjs).
  displayPreview: false,
  displayOverview: false,
  buildTileUrlTemplate: null,
  getMapSourceOptions: async (...source) => (await import("./map-sources")).default(...source),
  // Scripts are found relative to <base>; the router needs the same place as an absolute path.
  pathPrefix: inPage ? new URL(document.baseURI).pathname : "",
  historyMode: "history",
  noSourceMaps: true,
  cardViewMode: "cards",
  // As the service sorted them: a page is one of many.
  cardViewSort: null,
  showKeywordsInItemCards: false,
  showKeywordsInCatalogCards: true,
  showThumbnailsAsAssets: false,
  searchResultsPerPage: 24,
  itemsPerPage: 24,
  collectionsPerPage: null,
  maxEntriesPerPage: 1000,
  defaultThumbnailSize: null,
  crossOriginMedia: null,
  requestHeaders: {},
  requestQueryParameters: {},
  socialSharing: [],
  preprocessSTAC: null,
  authConfig: null,
  crs: {},
  footerLinks: null,
  // Ours, for basemaps.config.js: tile layers that the operator offers, as STAC Browser's documentation describes them.
  basemaps: [],
  // Ours, for titles.js: French words that titles are made of.
  titles: { words: {}, before: {}, kinds: [] },
};
