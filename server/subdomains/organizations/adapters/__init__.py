"""Where the settings of new organizations come from, and how secret ones are kept."""
