const included = 7;
