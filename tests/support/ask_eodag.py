"""Prints what EODAG finds at an address: totals, pages, a filter, the queryables and the size of a raster."""

import json
import sys
import urllib.request
import warnings

from eodag import EODataAccessGateway

warnings.simplefilter("ignore", DeprecationWarning)  # search_iter_page is its way to all pages until version 5
service, collection = sys.argv[1:]
dag = EODataAccessGateway()
dag.update_providers_config(f"""
flatsim:
  search:
    type: StacSearch
    api_endpoint: {service}search
    need_auth: false
  products:
    GENERIC_COLLECTION:
      _collection: '{{collection}}'
  download:
    type: HTTPDownload
""")
asked = {"provider": "flatsim", "collection": collection}
area = {"lonmin": 10, "latmin": 30, "lonmax": 40, "latmax": 50}
page = dag.search(**asked, count=True, limit=7, start="2014-01-01", end="2022-01-01", geom=area, raise_errors=True)
# read one by one: the first page grows by those that follow it
ids = [product.properties["id"] for found in dag.search_iter_page(**asked, limit=7) for product in list(found)]
filtered = dag.search(**asked, count=True, limit=3, **{"sat:orbit_state": "descending"}, raise_errors=True)
hrefs = (asset["href"] for asset in page[0].assets.values())
with urllib.request.urlopen(next(href for href in hrefs if href.endswith(".tiff"))) as raster:
    size = len(raster.read())
told = {
    "matched": page.number_matched,
    "first_page": len(page),
    "all_pages": len(ids),
    "different": len(set(ids)),
    "filtered": filtered.number_matched,
    "queryables": sorted(dag.list_queryables(**asked)),
    "raster_bytes": size,
}
sys.stdout.write(json.dumps(told))
