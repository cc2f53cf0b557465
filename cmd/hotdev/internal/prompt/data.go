package prompt

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-dap"
)

// evaluate evaluates an expression in the current frame. Contexts are DAP's:
// "clipboard" gives values in full.
func (s *session) evaluate(expr, context string) (dap.EvaluateResponseBody, error) {
	var body dap.EvaluateResponseBody
	frame, err := s.frameID()
	if err != nil {
		return body, err
	}
	err = s.request("evaluate", dap.EvaluateArguments{Expression: expr, FrameId: frame, Context: context}, &body)
	return body, err
}

func (s *session) print(expr string) error {
	if expr == "" {
		return errors.New("print what? print <expression>")
	}
	body, err := s.evaluate(expr, "clipboard")
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, body.Result)
	return nil
}

func (s *session) whatis(expr string) error {
	if expr == "" {
		return errors.New("the type of what? whatis <expression>")
	}
	body, err := s.evaluate(expr, "repl")
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, body.Type)
	return nil
}

func (s *session) display(args string) error {
	flag, rest, _ := strings.Cut(args, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case flag == "":
		for i, expr := range s.displays {
			s.showDisplay(i, expr)
		}
		return nil
	case flag == "-a" && rest != "":
		s.displays = append(s.displays, rest)
		s.showDisplay(len(s.displays)-1, rest)
		return nil
	case flag == "-d":
		i, err := strconv.Atoi(rest)
		if err != nil || i < 0 || i >= len(s.displays) {
			return fmt.Errorf("there is no display %q", rest)
		}
		s.displays = slices.Delete(s.displays, i, i+1)
		return nil
	}
	return errors.New("display -a <expression>, or display -d <number>")
}

// showDisplay shows an expression that is shown at each stop.
func (s *session) showDisplay(i int, expr string) {
	if s.stop == nil {
		fmt.Fprintf(s.out, "%d: %s = (the program is running)\n", i, expr)
		return
	}
	body, err := s.evaluate(expr, "clipboard")
	if err != nil {
		fmt.Fprintf(s.out, "%d: %s = error %v\n", i, expr, err)
		return
	}
	fmt.Fprintf(s.out, "%d: %s = %s\n", i, expr, body.Result)
}

// scope returns the variables of the current frame's scope whose name begins so.
func (s *session) scope(name string) (ref int, list []dap.Variable, err error) {
	frame, err := s.frameID()
	if err != nil {
		return 0, nil, err
	}
	var scopes dap.ScopesResponseBody
	if err := s.request("scopes", dap.ScopesArguments{FrameId: frame}, &scopes); err != nil {
		return 0, nil, err
	}
	for _, sc := range scopes.Scopes {
		if !strings.HasPrefix(sc.Name, name) {
			continue
		}
		var vars dap.VariablesResponseBody
		err := s.request("variables", dap.VariablesArguments{VariablesReference: sc.VariablesReference}, &vars)
		return sc.VariablesReference, vars.Variables, err
	}
	return 0, nil, fmt.Errorf("there is no scope %s here", name)
}

// show prints those variables whose name matches and that are wanted.
func (s *session) show(vars []dap.Variable, filter string, wanted func(name string) bool) error {
	match, err := regexp.Compile(filter)
	if err != nil {
		return err
	}
	n := 0
	for _, v := range vars {
		if match.MatchString(v.Name) && wanted(v.Name) {
			fmt.Fprintf(s.out, "%s = %s\n", v.Name, v.Value)
			n++
		}
	}
	if n == 0 {
		fmt.Fprintln(s.out, "(none)")
	}
	return nil
}

func (s *session) args(filter string) error   { return s.variables(filter, true) }
func (s *session) locals(filter string) error { return s.variables(filter, false) }

// variables shows the arguments or the other variables of the current function.
// Delve gives DAP clients both in one list; the source says which is which.
func (s *session) variables(filter string, args bool) error {
	f, err := s.currentFrame()
	if err != nil {
		return err
	}
	_, vars, err := s.scope("Locals")
	if err != nil {
		return err
	}
	names := parameters(f.Source.Path, f.Line)
	return s.show(vars, filter, func(name string) bool {
		if names == nil {
			return true
		}
		return args == (names[strings.Trim(name, "()")] || strings.HasPrefix(name, "~")) // ~r0: a result without a name
	})
}

// parameters returns the names of the parameters and results of the function
// around a line; nil if the file can't tell.
func parameters(file string, line int) map[string]bool {
	fset := token.NewFileSet()
	tree, _ := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if tree == nil {
		return nil
	}
	var names map[string]bool
	ast.Inspect(tree, func(n ast.Node) bool {
		var t *ast.FuncType
		var recv *ast.FieldList
		switch n := n.(type) {
		case nil:
			return false
		case *ast.FuncDecl:
			t, recv = n.Type, n.Recv
		case *ast.FuncLit:
			t = n.Type
		default:
			return true
		}
		if line < fset.Position(n.Pos()).Line || line > fset.Position(n.End()).Line {
			return false
		}
		names = map[string]bool{}
		for _, list := range []*ast.FieldList{recv, t.Params, t.Results} {
			if list == nil {
				continue
			}
			for _, field := range list.List {
				for _, name := range field.Names {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// vars has Delve show global variables for as long as it takes.
func (s *session) vars(filter string) error {
	if _, err := s.evaluate("dlv config showGlobalVariables true", "repl"); err != nil {
		return err
	}
	_, vars, err := s.scope("Globals")
	if _, e := s.evaluate("dlv config showGlobalVariables false", "repl"); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return s.show(vars, filter, func(string) bool { return true })
}

func (s *session) set(args string) error {
	left, value, ok := strings.Cut(args, "=")
	left, value = strings.TrimSpace(left), strings.TrimSpace(value)
	if !ok || left == "" || value == "" {
		return errors.New("set <variable> = <value>")
	}
	expr, err := parser.ParseExpr(left)
	if err != nil {
		return fmt.Errorf("%s: %w", left, err)
	}
	ref, name, err := s.container(left, expr)
	if err != nil {
		return err
	}
	return s.request("setVariable", dap.SetVariableArguments{VariablesReference: ref, Name: name, Value: value}, nil)
}

// container finds what holds the variable that expr, written as text, means, and
// the variable's name in it: DAP sets variables by these.
func (s *session) container(text string, expr ast.Expr) (ref int, name string, err error) {
	source := func(e ast.Expr) string { return text[e.Pos()-1 : e.End()-1] }
	var holder ast.Expr
	switch e := expr.(type) {
	case *ast.Ident:
		if ref, _, err = s.scope("Locals"); err != nil {
			return 0, "", err
		}
		return ref, e.Name, nil
	case *ast.ParenExpr:
		return s.container(text, e.X)
	case *ast.SelectorExpr:
		holder, name = e.X, e.Sel.Name
	case *ast.IndexExpr:
		holder, name = e.X, "["+source(e.Index)+"]"
	case *ast.StarExpr:
		holder = e.X
	default:
		return 0, "", fmt.Errorf("%s is no variable", text)
	}
	body, err := s.evaluate(source(holder), "repl")
	if err == nil && strings.HasPrefix(body.Type, "*") && name != "" {
		body, err = s.evaluate("*("+source(holder)+")", "repl")
	}
	switch {
	case err != nil:
		return 0, "", err
	case body.VariablesReference == 0:
		return 0, "", fmt.Errorf("%s holds no variables", source(holder))
	}
	return body.VariablesReference, name, nil
}
