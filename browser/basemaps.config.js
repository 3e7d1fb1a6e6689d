import CONFIG from "./src/config";

// The first layer is drawn from the bundle itself: the page asks no foreign host for anything, and the map is never
// empty where there is no way out to the internet. Others are those that the operator names.

async function landSource() {
  const [{ default: VectorSource }, { default: TopoJSON }, { default: land }] = await Promise.all([
    import("ol/source/Vector.js"),
    import("ol/format/TopoJSON.js"),
    import("world-atlas/land-50m.json"),
  ]);
  const features = new TopoJSON().readFeatures(land, {
    dataProjection: "EPSG:4326",
    featureProjection: "EPSG:3857",
  });
  return new VectorSource({ features, attributions: "Natural Earth" });
}

async function landAndGraticule(layer) {
  const [source, { default: Vector }, { default: Graticule }, { default: Group }, { Fill, Stroke, Style }] =
    await Promise.all([
      landSource(),
      import("ol/layer/Vector.js"),
      import("ol/layer/Graticule.js"),
      import("ol/layer/Group.js"),
      import("ol/style.js"),
    ]);
  const coast = new Style({
    fill: new Fill({ color: "#e9e5dc" }),
    stroke: new Stroke({ color: "#8a9ba8", width: 1 }),
  });
  const lines = new Stroke({ color: "rgba(60, 80, 100, 0.35)", width: 1 });
  return new Group({
    title: layer.get("title"),
    base: true,
    layers: [
      new Vector({ source, style: coast, background: "#cfdfe8" }),
      new Graticule({ strokeStyle: lines, showLabels: true, wrapX: false }),
    ],
  });
}

function bundledLand(i18n) {
  return {
    is: "Vector",
    title: i18n.locale.startsWith("fr") ? "Côtes et graticule" : "Coastlines and graticule",
    layerCreated: landAndGraticule,
  };
}

export default function configureBasemap(stac, i18n) {
  return [bundledLand(i18n), ...CONFIG.basemaps.map((options) => ({ ...options }))];
}
