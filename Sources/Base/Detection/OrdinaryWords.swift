/// Words that tell of numbers which belong to nobody: orders, versions, sizes, durations.
///
/// In lower case, without accents. They weigh against weak findings only: a card number stays one behind `order`.
let ordinaryWords: [StaticString] = [
  // Business: what is counted or bought.
  "order", "orders", "invoice", "ticket", "tracking", "shipment", "parcel", "receipt", "quote", "voucher", "coupon",
  "ref", "reference", "transaction", "txn", "sku", "batch", "lot", "item", "product", "article", "warehouse", "amount",
  "total", "price", "quantity", "qty", "stock", "barcode", "ean", "upc", "isbn", "asin", "case", "incident",
  "bestellung", "auftrag", "vorgang", "rechnung", "sendung", "artikel", "lager", "betrag", "charge", "aktenzeichen",
  "commande", "facture", "colis", "dossier", "montant", "panier", "reference commande",
  "pedido", "factura", "envio", "importe", "articulo", "almacen", "lote", "expediente",
  "ordine", "fattura", "spedizione", "pratica", "importo", "articolo", "magazzino", "lotto",
  "fatura", "encomenda", "protocolo", "remessa", "nota fiscal",
  "bestelling", "factuur", "zending", "artikelnummer", "bedrag", "zaak",
  "zamowienie", "faktura", "przesylka", "kwota", "sprawa", "bestallning", "ordernummer", "tilaus", "lasku",
  // Software and machines.
  "version", "ver", "build", "release", "revision", "rev", "firmware", "fw", "commit", "sha", "hash", "digest",
  "checksum", "crc", "trace", "span", "traceparent", "correlation", "request", "req", "session", "job", "task",
  "process", "pid", "tid", "thread", "port", "seq", "sequence", "offset", "cursor", "page", "index", "row", "line",
  "record", "shard", "partition", "epoch", "timestamp", "ts", "time", "uptime", "duration", "elapsed", "latency",
  "timeout", "ttl", "interval", "retry", "retries", "attempt", "attempts", "count", "counter", "size", "length", "len",
  "bytes", "byte", "kb", "mb", "gb", "kib", "mib", "gib", "heap", "memory", "mem", "cpu", "disk", "free", "used",
  "ms", "us", "ns", "sec", "secs", "second", "seconds", "minutes", "hours", "days", "hz", "khz", "mhz", "ghz", "dbm",
  "rssi", "snr", "rpm", "mv", "volt", "volts", "temp", "temperature", "pressure", "humidity", "battery",
  "serial", "serial number", "part number", "model", "oid", "event id", "cell", "cell id", "cellid", "code", "status",
  "error", "errno", "exit", "line number", "order id", "order number", "device id", "thread id", "chunk", "block",
  "seriennummer", "numero de serie", "numero di serie", "fehler", "zeile", "erreur", "ligne", "errore", "riga",
]
