/** Media types of file name extensions (IANA), those that are served on the web. */

const TYPES = {
  'application/atom+xml': 'atom',
  'application/epub+zip': 'epub',
  'application/gzip': 'gz',
  'application/json': 'json map',
  'application/ld+json': 'jsonld',
  'application/manifest+json': 'webmanifest',
  'application/msword': 'doc',
  'application/octet-stream': 'bin exe dll deb dmg iso img msi buffer',
  'application/pdf': 'pdf',
  'application/rss+xml': 'rss',
  'application/rtf': 'rtf',
  'application/sql': 'sql',
  'application/toml': 'toml',
  'application/vnd.apple.mpegurl': 'm3u8',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-fontobject': 'eot',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
  'application/vnd.oasis.opendocument.text': 'odt',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/wasm': 'wasm',
  'application/x-7z-compressed': '7z',
  'application/x-bzip2': 'bz2',
  'application/x-sh': 'sh',
  'application/x-tar': 'tar',
  'application/x-www-form-urlencoded': 'urlencoded',
  'application/xhtml+xml': 'xhtml xht',
  'application/xml': 'xml xsl xsd',
  'application/zip': 'zip',
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/midi': 'mid midi',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'oga ogg opus',
  'audio/wav': 'wav',
  'audio/webm': 'weba',
  'font/collection': 'ttc',
  'font/otf': 'otf',
  'font/ttf': 'ttf',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'image/apng': 'apng',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/jpeg': 'jpg jpeg jpe',
  'image/jxl': 'jxl',
  'image/png': 'png',
  'image/svg+xml': 'svg svgz',
  'image/tiff': 'tif tiff',
  'image/vnd.microsoft.icon': 'ico',
  'image/webp': 'webp',
  'model/gltf+json': 'gltf',
  'model/gltf-binary': 'glb',
  'multipart/form-data': 'multipart',
  'text/cache-manifest': 'appcache',
  'text/calendar': 'ics',
  'text/css': 'css',
  'text/csv': 'csv',
  'text/event-stream': 'eventstream',
  'text/html': 'html htm shtml',
  'text/javascript': 'js mjs cjs',
  'text/jsx': 'jsx',
  'text/markdown': 'md markdown',
  'text/plain': 'txt text log conf ini',
  'text/tab-separated-values': 'tsv',
  'text/vtt': 'vtt',
  'text/x-c': 'c h cpp hpp',
  'text/x-java-source': 'java',
  'text/x-python': 'py',
  'text/yaml': 'yaml yml',
  'video/mp2t': 'ts',
  'video/mp4': 'mp4 m4v',
  'video/mpeg': 'mpeg mpg',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov qt',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
  'video/x-msvideo': 'avi',
};

const byExtension = new Map();
for (const type of Object.keys(TYPES)) for (const extension of TYPES[type].split(' ')) byExtension.set(extension, type);

/** The lower-case extension of a file name or path, without the dot; '' when it has none. */
export function extension(path) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 1 ? '' : name.slice(dot + 1).toLowerCase();
}

const isText = (type) => type.startsWith('text/') || type === 'application/json' || type === 'application/manifest+json';

/** A type with its charset, where it has one. */
export function withCharset(type) {
  return isText(type) ? `${type}; charset=utf-8` : type;
}

/** The media type for an extension ("html", ".html") or a file name; undefined when unknown. */
export function typeOf(name) {
  return byExtension.get(extension(`x.${name}`));
}

/** The media type of what is either one ("text/html") or an extension ("html"). */
export function normalizeType(type) {
  return type.includes('/') ? type : (typeOf(type) ?? 'application/octet-stream');
}
