package main

import "strings"

// missingFeatures are features of the suite that QuickJS-NG does not have, each
// with what to call it.
var missingFeatures = map[string]string{
	"Atomics":                            "no Atomics: the engine is built for one thread",
	"Atomics.pause":                      "no Atomics: the engine is built for one thread",
	"Temporal":                           "no Temporal",
	"ShadowRealm":                        "no ShadowRealm",
	"decorators":                         "no decorators",
	"IsHTMLDDA":                          "no document.all",
	"cross-realm":                        "one realm in a sandbox",
	"host-gc-required":                   "gc gives no promise about what it collects",
	"tail-call-optimization":             "no proper tail calls",
	"legacy-regexp":                      "no legacy RegExp static properties",
	"source-phase-imports":               "no source phase imports",
	"source-phase-imports-module-source": "no source phase imports",
	"import-defer":                       "no deferred imports",
	"export-defer":                       "no deferred exports",
	"nonextensible-applies-to-private":   "proposal not implemented",
	"await-dictionary":                   "proposal not implemented",
	"error-stack-accessor":               "proposal not implemented",
	"Iterator.prototype.join":            "proposal not implemented",
	"iterator-chunking":                  "proposal not implemented",
	"iterator-includes":                  "proposal not implemented",
	"canonical-tz":                       "no Intl",
}

// missingHooks are parts of $262, or harness files, that need more than one
// realm or thread.
var missingHooks = []struct{ text, why string }{
	{"$262.createRealm", "one realm in a sandbox"},
	{"$262.agent", "one agent in a sandbox"},
	{"$262.AbstractModuleSource", "no source phase imports"},
}

// skipReason is why a test cannot be run here, or "".
func skipReason(name string, m meta, src string) string {
	if strings.HasPrefix(name, "intl402/") {
		return "no Intl"
	}
	for _, f := range m.features {
		if why := missingFeatures[f]; why != "" {
			return why
		}
		if strings.HasPrefix(f, "Intl") {
			return "no Intl"
		}
	}
	for _, h := range missingHooks {
		if strings.Contains(src, h.text) {
			return h.why
		}
	}
	if contains(m.includes, "atomicsHelper.js") {
		return "one agent in a sandbox"
	}
	// The guest may not block: Atomics.wait would stop the event loop.
	if m.flag("CanBlockIsTrue") {
		return "the main agent cannot block"
	}
	return ""
}
