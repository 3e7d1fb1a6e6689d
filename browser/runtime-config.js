// Stands in where no server writes this file: the catalogue is then the folder above the bundle.
window.STAC_BROWSER_CONFIG = {};
