package host

import "context"

// param is how to read parameter i, of type A: after an error, not at all.
func param[A any](i int) func(*invocation) A {
	read := argOf[A]()
	return func(c *invocation) (a A) {
		if c.err == nil {
			a, c.err = arg(c, read, i)
		}
		return a
	}
}

// finish writes what a function with a context returned.
func finish[R any](c *invocation, ctx *callContext, r R, err error, write func(*encoder, R) error) error {
	if err := ctx.end(err); err != nil {
		return err
	}
	return write(c.encoder, r)
}

// Func0 makes a Function of f. Its context ends when the call of JavaScript that
// is in progress does; calls of the same sandbox must use it.
func Func0[R any](f func(context.Context) (R, error)) Function {
	write := resultOf[R]()
	return Function{newFunction(f, 0, 0, func(c *invocation) error {
		ctx := c.context()
		r, err := f(ctx)
		return finish(c, ctx, r, err, write)
	})}
}

// Func1 is Func0 with an argument. One that is missing or undefined is the zero
// value; one that does not fit is a TypeError in JavaScript.
func Func1[A, R any](f func(context.Context, A) (R, error)) Function {
	read1 := param[A](0)
	handles, write := wantsHandle[A](0), resultOf[R]()
	return Function{newFunction(f, 1, handles, func(c *invocation) error {
		v1 := read1(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1)
		return finish(c, ctx, r, err, write)
	})}
}

// Func2 is Func1 with two arguments.
func Func2[A, B, R any](f func(context.Context, A, B) (R, error)) Function {
	read1, read2 := param[A](0), param[B](1)
	handles, write := wantsHandle[A](0)|wantsHandle[B](1), resultOf[R]()
	return Function{newFunction(f, 2, handles, func(c *invocation) error {
		v1, v2 := read1(c), read2(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1, v2)
		return finish(c, ctx, r, err, write)
	})}
}

// Func3 is Func1 with three arguments.
func Func3[A, B, C, R any](f func(context.Context, A, B, C) (R, error)) Function {
	read1, read2, read3 := param[A](0), param[B](1), param[C](2)
	handles, write := wantsHandle[A](0)|wantsHandle[B](1)|wantsHandle[C](2), resultOf[R]()
	return Function{newFunction(f, 3, handles, func(c *invocation) error {
		v1, v2, v3 := read1(c), read2(c), read3(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1, v2, v3)
		return finish(c, ctx, r, err, write)
	})}
}

// Func4 is Func1 with four arguments.
func Func4[A, B, C, D, R any](f func(context.Context, A, B, C, D) (R, error)) Function {
	read1, read2, read3, read4 := param[A](0), param[B](1), param[C](2), param[D](3)
	handles, write := wantsHandle[A](0)|wantsHandle[B](1)|wantsHandle[C](2)|wantsHandle[D](3), resultOf[R]()
	return Function{newFunction(f, 4, handles, func(c *invocation) error {
		v1, v2, v3, v4 := read1(c), read2(c), read3(c), read4(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1, v2, v3, v4)
		return finish(c, ctx, r, err, write)
	})}
}

// Func5 is Func1 with five arguments.
func Func5[A, B, C, D, E, R any](f func(context.Context, A, B, C, D, E) (R, error)) Function {
	read1, read2, read3, read4, read5 := param[A](0), param[B](1), param[C](2), param[D](3), param[E](4)
	handles, write := wantsHandle[A](0)|wantsHandle[B](1)|wantsHandle[C](2)|wantsHandle[D](3)|wantsHandle[E](4), resultOf[R]()
	return Function{newFunction(f, 5, handles, func(c *invocation) error {
		v1, v2, v3, v4, v5 := read1(c), read2(c), read3(c), read4(c), read5(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1, v2, v3, v4, v5)
		return finish(c, ctx, r, err, write)
	})}
}

// Func6 is Func1 with six arguments.
func Func6[A, B, C, D, E, F, R any](f func(context.Context, A, B, C, D, E, F) (R, error)) Function {
	read1, read2, read3, read4, read5, read6 := param[A](0), param[B](1), param[C](2), param[D](3), param[E](4), param[F](5)
	handles, write := wantsHandle[A](0)|wantsHandle[B](1)|wantsHandle[C](2)|wantsHandle[D](3)|wantsHandle[E](4)|wantsHandle[F](5), resultOf[R]()
	return Function{newFunction(f, 6, handles, func(c *invocation) error {
		v1, v2, v3, v4, v5, v6 := read1(c), read2(c), read3(c), read4(c), read5(c), read6(c)
		if c.err != nil {
			return c.err
		}
		ctx := c.context()
		r, err := f(ctx, v1, v2, v3, v4, v5, v6)
		return finish(c, ctx, r, err, write)
	})}
}
