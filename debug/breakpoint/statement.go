package breakpoint

import (
	"go/ast"
	"go/token"
)

// kind tells statements that can't have come from each other by an edit.
type kind uint8

const (
	noStatement kind = iota
	simpleStatement
	ifStatement
	loopStatement
	switchStatement
	clause
	returnStatement
	declaration
	functionDeclaration
)

// receiver is the name of a receiver's type, without pointer and type parameters.
func receiver(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// head says what statement or declaration n is, if it is one that begins a
// line, and where its own part ends: before the statements that it contains.
func head(n ast.Node) (kind, token.Pos) {
	switch n := n.(type) {
	case *ast.IfStmt:
		return ifStatement, n.Body.Pos()
	case *ast.ForStmt:
		return loopStatement, n.Body.Pos()
	case *ast.RangeStmt:
		return loopStatement, n.Body.Pos()
	case *ast.SwitchStmt:
		return switchStatement, n.Body.Pos()
	case *ast.TypeSwitchStmt:
		return switchStatement, n.Body.Pos()
	case *ast.SelectStmt:
		return switchStatement, n.Body.Pos()
	case *ast.CaseClause:
		return clause, n.Colon
	case *ast.CommClause:
		return clause, n.Colon
	case *ast.LabeledStmt:
		return simpleStatement, n.Colon
	case *ast.ReturnStmt:
		return returnStatement, literalOr(n, n.End())
	case *ast.BlockStmt, *ast.EmptyStmt, *ast.BadStmt, nil:
		return noStatement, token.NoPos
	case ast.Stmt:
		return simpleStatement, literalOr(n, n.End())
	case *ast.FuncDecl:
		if n.Body != nil {
			return functionDeclaration, n.Body.Pos()
		}
		return functionDeclaration, n.End()
	case ast.Spec:
		return declaration, literalOr(n, n.End())
	case *ast.GenDecl:
		if n.Lparen.IsValid() {
			return declaration, n.Lparen
		}
		return declaration, literalOr(n, n.End())
	}
	return noStatement, token.NoPos
}

// literalOr is where the body of the first function literal in n begins, or
// that of a type's fields; end if there is none.
func literalOr(n ast.Node, end token.Pos) token.Pos {
	ast.Inspect(n, func(n ast.Node) bool {
		var body ast.Node
		switch n := n.(type) {
		case *ast.FuncLit:
			body = n.Body
		case *ast.StructType:
			body = n.Fields
		case *ast.InterfaceType:
			body = n.Methods
		default:
			return n != nil && n.Pos() < end
		}
		end = min(end, body.Pos())
		return false
	})
	return end
}
