"""From a file that a stranger made to arrays: checked, limited, upright."""
