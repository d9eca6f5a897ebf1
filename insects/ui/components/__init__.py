"""Parts of pages, a file a page. Each owns its widgets' keys; a page only places them."""
