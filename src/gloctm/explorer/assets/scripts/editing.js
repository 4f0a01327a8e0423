// Topics renamed, merged and hidden in the page.
