#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The usual way to serve a slide from Python: Flask, openslide-python and its DeepZoomGenerator.

usage: view_peer.py SLIDE     prints its port; serves .../tiles/0/COLUMN_ROW.jpg of 512 x 512 pixels until it is killed
"""
import io
import sys

import flask
import openslide
import openslide.deepzoom
import werkzeug.serving


def main():
    deep_zoom = openslide.deepzoom.DeepZoomGenerator(openslide.OpenSlide(sys.argv[1]), tile_size=512, overlap=0)
    largest = deep_zoom.level_count - 1
    app = flask.Flask(__name__)

    @app.route("/api/v1/slides/<identity>/tiles/0/<int:column>_<int:row>.jpg")
    def tile(identity, column, row):
        file = io.BytesIO()
        deep_zoom.get_tile(largest, (column, row)).save(file, "jpeg", quality=75)
        return flask.Response(file.getvalue(), mimetype="image/jpeg")

    class Quiet(werkzeug.serving.WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *arguments):
            pass

    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
