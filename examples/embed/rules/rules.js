const rules = [
  (order, score) => score < 20 && order.total > 500 && { approve: false, why: 'too much for a low score' },
  (order, score) => score > 80 && { discount: order.total / 10, why: 'a good customer' },
  (order) => order.placed.getUTCDay() === 5 && { discount: 5, why: 'Friday' },
];

export async function decide(order) {
  const decision = { approve: true, discount: 0, reasons: [] };
  const points = await score(order.customer);
  for (const rule of rules) {
    const says = rule(order, points);
    if (!says) continue;
    decision.approve &&= says.approve ?? true;
    decision.discount += says.discount ?? 0;
    decision.reasons.push(says.why);
  }
  return decision;
}
