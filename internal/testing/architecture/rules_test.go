package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the top of the repository.
const root = "../../.."

// eachFile parses every Go file of the repository.
func eachFile(t *testing.T, look func(files *token.FileSet, file *ast.File)) {
	t.Helper()
	files := token.NewFileSet()
	eachSource(t, []string{".go"}, func(path string) {
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		look(files, file)
	})
}

// TestErrorsAreLoggedAsErr: `err` is the one key for errors in the log.
func TestErrorsAreLoggedAsErr(t *testing.T) {
	methods := []string{"Debug", "Info", "Warn", "Error", "With"}
	eachFile(t, func(files *token.FileSet, file *ast.File) {
		if strings.HasSuffix(files.File(file.Pos()).Name(), "_test.go") {
			return // their Error is that of testing.T
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(methods, method.Sel.Name) {
				return true
			}
			for i, arg := range call.Args[:max(0, len(call.Args)-1)] {
				key, isText := text(arg)
				if isText && (key == "error" || isError(call.Args[i+1]) && key != "err" && isKey.MatchString(key)) {
					t.Errorf("%s: an error is logged as %q, the key is \"err\"", files.Position(arg.Pos()), key)
				}
			}
			return true
		})
	})
}

// isKey matches what can be a key of the log, and no message.
var isKey = regexp.MustCompile(`^[a-z_]+$`)

// TestErrorsAreComparedByIs: an error that is wrapped does not equal its
// sentinel. io.EOF is an exception: an io.Reader must return it as it is.
func TestErrorsAreComparedByIs(t *testing.T) {
	eachFile(t, func(files *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (isSentinel(n.X) || isSentinel(n.Y)) {
					t.Errorf("%s: errors are compared by errors.Is", files.Position(n.Pos()))
				}
			case *ast.SwitchStmt:
				for _, clause := range n.Body.List {
					if n.Tag != nil && slices.ContainsFunc(clause.(*ast.CaseClause).List, isSentinel) {
						t.Errorf("%s: errors are compared by errors.Is", files.Position(clause.Pos()))
					}
				}
			}
			return true
		})
	})
}

// TestErrorsAreWrapped: fmt.Errorf wraps the error that it is given by %w.
func TestErrorsAreWrapped(t *testing.T) {
	eachFile(t, func(files *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || name(call.Fun) != "fmt.Errorf" {
				return true
			}
			format, isText := text(call.Args[0])
			if isText && !strings.Contains(format, "%w") && slices.ContainsFunc(call.Args[1:], isError) {
				t.Errorf("%s: the error is not wrapped: %q has no %%w", files.Position(call.Pos()), format)
			}
			return true
		})
	})
}

// text returns the value of a string literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}

// name returns an identifier, or a selector such as io.EOF, as it is written.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if of := name(e.X); of != "" {
			return of + "." + e.Sel.Name
		}
	}
	return ""
}

// isError goes by the name, as nothing is type-checked here.
func isError(e ast.Expr) bool {
	n := name(e)
	return n == "err" || strings.HasSuffix(n, ".err") || strings.HasSuffix(n, "Err")
}

var sentinel = regexp.MustCompile(`^(\w+\.)?[eE]rr[A-Z][a-z]\w*$|^context\.(Canceled|DeadlineExceeded)$`)

func isSentinel(e ast.Expr) bool { return sentinel.MatchString(name(e)) }
