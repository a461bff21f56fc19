"""The shell: settings, addresses, layout, components, charts; Today and the record, made of panels of the desks."""
