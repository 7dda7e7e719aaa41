await Promise.reject(new EvalError('rejected at the top level'));
