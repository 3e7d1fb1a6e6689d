import { fromUrl } from "geotiff";

// How a raster that a reader puts on the map is drawn. OpenLayers shows floating-point values of 0 to 255 as they are
// and everything beyond as black or white; phases and velocities lie around 0. So the grey scale is spread over
// what the raster holds: from the 2nd to the 98th percentile of a coarse look at it.

const LOOK = 256; // pixels a side; geotiff.js reads the overview that fits
const LOW = 0.02;
const HIGH = 0.98;

function shownBand(source, count) {
  // Of several layers the last: in a series of displacements the first is zero by definition.
  return source.bands?.[0] ?? count;
}

async function spread(source) {
  const tiff = await fromUrl(source.url);
  const image = await tiff.getImage();
  const band = shownBand(source, image.getSamplesPerPixel());
  const [values] = await tiff.readRasters({ width: LOOK, height: LOOK, samples: [band - 1] });
  const nodata = source.nodata ?? image.getGDALNoData();
  const valid = Float64Array.from(values.filter((value) => Number.isFinite(value) && value !== nodata)).sort();
  const at = (share) => valid[Math.round(share * (valid.length - 1))];
  return at(LOW) < at(HIGH) ? { bands: [band], min: at(LOW), max: at(HIGH) } : {};
}

/** STAC Browser's hook for map sources; gives back the options of the OpenLayers source. */
export default async function mapSourceOptions(type, options) {
  if (type.name !== "GeoTIFF") {
    return options;
  }
  const sources = options.sources.map(async (source) => {
    const known = typeof source.min === "number" && typeof source.max === "number";
    return known ? source : { ...source, ...(await spread(source)) };
  });
  return { ...options, sources: await Promise.all(sources) };
}
