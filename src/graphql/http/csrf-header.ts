/** Header that a multipart request must carry, whatever its value, as proof that no foreign page's form sent it. */
export const CSRF_HEADER = 'x-graphql-yoga-csrf';
