// A function as an object with fetch().
export default {
  async fetch(request) {
    return new Response((await request.text()).toUpperCase(), { headers: { 'Content-Type': 'text/plain' } });
  },
};
