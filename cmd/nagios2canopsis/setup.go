package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

const defaultConfig = "/etc/nagios2canopsis/config.yml"

func configFlag(path *string) func(*flag.FlagSet) {
	return func(f *flag.FlagSet) {
		f.StringVar(path, "config", defaultConfig, "the configuration `file`; the default one may be missing")
	}
}

// load reads a configuration file. The default one may be missing, one that
// was asked for may not.
func load(path string) (*config.Loaded, error) {
	l, err := config.Load(path)
	if errors.Is(err, fs.ErrNotExist) && path == defaultConfig {
		return config.WithoutFile(), nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return l, fmt.Errorf("configuration: %s: %w", path, access.Explain(path, err, access.Read, nil))
	}
	return l, err
}

func loadPlan(path string) (*assembly.Plan, error) {
	l, err := load(path)
	if err != nil {
		return nil, err
	}
	return assembly.Resolve(l, "/")
}

// logger makes the log, and what changes its level.
func logger(w io.Writer, c config.Log) (log *slog.Logger, setLevel func(string)) {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	var level slog.LevelVar
	setLevel = func(name string) { level.Set(levels[name]) }
	setLevel(c.Level)
	o := &slog.HandlerOptions{Level: &level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), setLevel
	}
	return slog.New(slog.NewTextHandler(w, o)), setLevel
}
