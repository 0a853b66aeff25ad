# SPDX-License-Identifier: Apache-2.0
"""Under a sanitizer, which brings an allocator of its own, the shim of failing allocations cannot stand."""
import os

collect_ignore = ["test_memory.py"] if os.environ.get("NODAL_SANITIZE", "none") != "none" else []
