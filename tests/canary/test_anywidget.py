"""anywidget: a widget on a page."""

from __future__ import annotations

import pytest
from anywidget import AnyWidget
from ipywidgets.embed import embed_data
from traitlets import Unicode

pytestmark = [pytest.mark.canary, pytest.mark.filterwarnings("ignore")]


class One(AnyWidget):
    _esm = Unicode("export default {render() {}}").tag(sync=True)


def embedded(**options):
    data = embed_data(views=[One()], **options)
    return [
        set(one["state"])
        for one in data["manager_state"]["state"].values()
        if one["model_name"] == "AnyModel"
    ]


def test_a_page_without_defaults_lacks_the_script(changed):
    assert all("_esm" not in state for state in embedded(drop_defaults=True)), changed(
        "what drop_defaults leaves out"
    )
    assert any("_esm" in state for state in embedded(drop_defaults=False)), changed("what is kept otherwise")


def test_a_widget_s_bundle(changed):
    data, _metadata = One()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data, changed("the bundle of a widget")
