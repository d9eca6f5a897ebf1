"""What the pages share: the only place in the package that imports Streamlit."""

from starlette.formparsers import MultiPartParser

from insects.photos import MAX_BYTES

# Streamlit receives uploads by this parser, which writes what is larger than this to the disk.
MultiPartParser.spool_max_size = 2 * MAX_BYTES
