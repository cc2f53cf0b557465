package config

// Overrides are what flags gave; nil means not given. Relative paths are taken
// from the workspace's root.
type Overrides struct {
	Profile  *string
	Package  *string
	Args     []string
	Dir      *string
	EnvFiles []string
	Flags    []string
	Tags     []string
	Race     *bool
	Optimize *bool
	Address  *string
	Poll     *string
	Debug    *string // debug.mode
}

// ProfileName returns the profile that o or else HOTDEV_PROFILE selects; "" for
// none.
func (o Overrides) ProfileName(environ []string) string {
	if o.Profile != nil {
		return *o.Profile
	}
	return lookup(environ, profileVariable)
}

// profilePlace is where the profile was selected.
func (o Overrides) profilePlace() place {
	if o.Profile != nil {
		return place{name: "--profile"}
	}
	return place{name: profileVariable}
}

// overrides lays what flags gave over the tables.
func (d *decoder) overrides(o Overrides, into *Tables) {
	for _, given := range []struct {
		flag, key string
		value     *value
	}{
		{"package", "app.package", ofText(o.Package)},
		{"args", "app.args", ofTexts(o.Args)},
		{"--dir", "app.dir", ofText(o.Dir)},
		{"--env-file", "app.env_files", ofTexts(o.EnvFiles)},
		{"--build-flag", "build.flags", ofTexts(o.Flags)},
		{"--tags", "build.tags", ofTexts(o.Tags)},
		{"--race", "build.race", ofBool(o.Race)},
		{"--optimize", "build.optimize", ofBool(o.Optimize)},
		{"--address", "run.address", ofText(o.Address)},
		{"--poll", "watch.poll", ofText(o.Poll)},
		{"--debug", "debug.mode", ofText(o.Debug)},
	} {
		if given.value == nil {
			continue
		}
		given.value.setName(given.flag)
		d.set(keyAt(given.key), given.value, into)
	}
}

func ofText(s *string) *value {
	if s == nil {
		return nil
	}
	return &value{kind: textKind, text: *s}
}

func ofBool(b *bool) *value {
	if b == nil {
		return nil
	}
	return &value{kind: boolKind, truth: *b}
}

func ofTexts(all []string) *value {
	if all == nil {
		return nil
	}
	v := &value{kind: listKind}
	for i := range all {
		v.items = append(v.items, ofText(&all[i]))
	}
	return v
}

// setName says that v and its items came from the flag or variable name.
func (v *value) setName(name string) {
	v.at.name = name
	for _, item := range v.items {
		item.setName(name)
	}
}
