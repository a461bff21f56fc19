"""What shops call their columns, in several languages. The earlier a name stands, the surer it is."""

import re
import unicodedata
from collections.abc import Mapping

# One line a column of ours: names without accents, spaces or case. A score falls from 1.0 by a little each line.
NAMES: Mapping[str, tuple[str, ...]] = {
    "customer_id": (
        "customerid customer_id customernumber customerno customernr custid custno customerkey clientid client_id userid "
        "memberid householdid household_id kundennummer kundennr kundenid kundeid idkunde numeroclient noclient idclient "
        "codeclient idcliente numerocliente codigocliente codcliente nifcliente kupecid idkupca sifrakupca sifrastranke "
        "idstranke codicecliente klantnummer klantid kundnr kundnummer idklienta numerklienta accountid accountnumber "
        "buyerid contactid donorid guestid patronid subscriberid cardnumber loyaltyid shopperid visitorid cid custcode "
        "customercode customerref 客户编号 会员编号 顾客编号 客户id 用户id 会员号 顧客番号 顧客id",
        "customer client cliente kunde kupec stranka klant kund klient member user buyer household account donor email "
        "customeremail emailaddress buyeremail clientemail mail kundenemail kundin acheteur comprador acquirente socio "
        "customername clientname kundenname nomclient nombrecliente buyername company firma 客户 会员 用户 顾客 顧客",
        "name id username companyname accountname contact cust person",
    ),
    "order_id": (
        "orderid order_id ordernumber orderno ordernr invoiceno invoicenumber invoiceid invoice transactionid transid "
        "transactionnumber basketid receiptid receiptno receiptnumber salesorder bestellnummer bestellnr auftragsnummer "
        "auftragsnr rechnungsnummer rechnungsnr belegnummer belegnr bonnummer numerocommande nocommande idcommande "
        "commandeid numfacture numerofacture nofacture numeropedido idpedido pedidoid nopedido numerofactura nofactura "
        "stevilkanarocila stnarocila idnarocila stevilkaracuna stracuna ordinenumero numeroordine idordine "
        "ordernummer bestelnummer factuurnummer ticketid bookingid purchaseid saleid chargeid paymentid "
        "订单号 订单编号 订单id 注文番号 orderreference bookingreference orderref documentno documentnumber voucherno",
        "order bestellung auftrag rechnung commande facture pedido factura narocilo racun ordine fattura beleg bon "
        "receipt transaction basket ticket booking document bestelling faktura",
    ),
    "ordered_at": (
        "orderdate ordered_at orderedat orderdatetime ordertimestamp invoicedate transactiondate transactiontimestamp "
        "transactiondatetime purchasedate purchasetimestamp saledate salesdate dateofpurchase dateoforder datetime "
        "bestelldatum auftragsdatum rechnungsdatum kaufdatum belegdatum buchungsdatum datecommande dateachat datefacture "
        "datedecommande fechapedido fechacompra fechafactura fechaventa fechatransaccion datumnarocila datumnakupa "
        "datumracuna dataordine dataacquisto datavendita datafattura orderdatum besteldatum factuurdatum createdat "
        "createdutc paidat processedat orderplacedat orderpurchasetimestamp bookingdate paymentdate donationdate "
        "giftdate 下单时间 订单日期 交易日期 购买日期 交易时间 注文日 datedetransaction transdate trandate txndate",
        "date datum fecha data dato day tag jour dia timestamp time when zeitpunkt dan postingdate documentdate created "
        "日期 时间 日付 closedate closeddate visitdate",
        "createddate createdate creationdate eventtime eventdate month purchased ordered shipdate deliverydate",
    ),
    "ordered_time": (
        "ordertime transactiontime invoicetime uhrzeit heure hora ora cas timeofday saletime",
        "time zeit",
    ),
    "product_id": (
        "productid product_id productcode productno sku stockcode itemid itemcode itemno itemnumber articleid articleno "
        "lineitemsku artikelnummer artikelnr artikelid artnr referenceproduit codeproduit idproduit refarticle "
        "idproducto codigoproducto referencia sifraartikla idartikla idizdelka sifraizdelka codicearticolo codiceprodotto "
        "idprodotto artikelcode upc ean gtin barcode asin variantid variantsku isbn 商品编号 产品编号 商品id 商品コード",
        "product item article artikel produkt produit producto izdelek articolo prodotto articulo stock material plu",
    ),
    "product_name": (
        "productname product_name productdescription description itemname itemdescription lineitemname articlename "
        "producttitle artikelbezeichnung artikelname bezeichnung produktname designation nomproduit libelle libelleproduit "
        "descripcion nombreproducto nazivizdelka nazivartikla opisartikla descrizione nomeprodotto omschrijving title "
        "lineitem 商品名称 产品名称 商品名",
        "beschreibung opis naziv memo details",
    ),
    "category": (
        "category productcategory kategorie warengruppe produktgruppe categorie categoria kategorija skupina "
        "productgroup producttype itemcategory department productline productfamily 类别 品类 カテゴリ",
        "subcategory group segmentname family",
    ),
    "brand": ("brand marke marque marca znamka blagovnaznamka vendor manufacturer hersteller merk 品牌", "maker"),
    "quantity": (
        "quantity qty lineitemquantity orderquantity orderqty menge anzahl stueckzahl stuckzahl stuck stueck quantite qte "
        "cantidad kolicina quantita aantal antal ilosc units unitssold pieces numberofitems noofitems itemcount "
        "numberofcds count quantityordered 数量 购买数量",
        "number pcs volume stk kom",
    ),
    "unit_price": (
        "unitprice unit_price priceperunit itemprice priceeach lineitemprice einzelpreis stueckpreis stuckpreis preisprostueck "
        "prixunitaire prixunit pu preciounitario preciounidad cenanaenoto cenanaenotomere cenakos prezzounitario "
        "stukprijs eenheidsprijs sellingprice salesprice listprice 单价 単価",
        "price preis prix precio cena prezzo prijs pris",
    ),
    "revenue": (
        "revenue netrevenue netamount amountnet netsales nettotal nettobetrag nettoumsatz umsatz montantnet importeneto "
        "neto netvalue linetotal line_total lineamount lineitemtotal extendedprice salesamount sales_value salesvalue "
        "sales saleamount orderamount ordertotal ordervalue totalamount amountpaid amount_paid transactionamount "
        "purchaseamount purchasevalue invoiceamount totalprice totalsales totalrevenue totalspent gesamtbetrag gesamtpreis "
        "rechnungsbetrag bestellwert gesamtsumme montanttotal prixtotal totalttc montantttc totalht montantht importetotal "
        "preciototal znesek skupaj skupnacena skupniznesek importototale totaleriga bedrag totaalbedrag belopp kwota "
        "dollarvalue spend spent 金额 总金额 订单金额 销售额 实付金额 売上 金額",
        "amount betrag montant importe importo total value wert valeur valor vrednost summe somme suma totale umsatze "
        "preisgesamt paid payment gift donation charge ventas ventes promet closevalue",
        "subtotal netto monetary",
    ),
    "gross": (
        "grossamount grossrevenue grosssales grosstotal grossvalue amountgross bruttobetrag bruttoumsatz brutto montantbrut "
        "importebruto bruto listamount totalbeforediscount amountbeforediscount valuebeforediscount subtotalbeforediscount "
        "originalamount originalprice",
        "gross",
    ),
    "discount": (
        "discount discountamount discountvalue lineitemdiscount linediscount totaldiscount retail_disc retaildisc rabatt "
        "rabattbetrag nachlass remise reduction descuento popust sconto korting promotiondiscount 折扣 折扣金额 優惠",
        "disc rebate skonto",
    ),
    "cost": (
        "cost costofgoods costofgoodssold cogs totalcost costamount linecost wareneinsatz einstandswert kosten cout "
        "couttotal coste costototal strosek nabavnavrednost costototale kostprijs 成本",
    ),
    "unit_cost": (
        "unitcost costperunit costprice costperitem einstandspreis einkaufspreis prixachat coutunitaire costounitario "
        "preciocosto nabavnacena inkoopprijs standardcost",
    ),
    "profit": ("profit grossprofit gewinn rohertrag benefice beneficio ganancia dobicek profitto winst", "margin"),
    "channel": (
        "channel saleschannel orderchannel vertriebskanal verkaufskanal kanal canal canalvente canalventa prodajnikanal "
        "canale verkoopkanaal salestype ordersource source_name platform 渠道",
        "medium",
    ),
    "payment_method": (
        "paymentmethod payment_method paymenttype paymentmode zahlungsart zahlungsmethode zahlungsweise modepaiement "
        "moyendepaiement methodepaiement metododepago formadepago metodopago nacinplacila metododipagamento pagamento "
        "betaalmethode betaalwijze tender cardbrand 支付方式 支払方法",
    ),
    "location": (
        "country location storeid store_id store storename shop branch city region land filiale stadt pays ville magasin "
        "pais ciudad tienda drzava mesto trgovina poslovalnica paese citta negozio shippingcountry billingcountry winkel "
        "stad market 国家 城市 店铺 門店 territory state",
    ),
    "currency": (
        "currency currencycode currency_code waehrung wahrung devise moneda divisa valuta 币种 通貨",
        "curr iso",
    ),
    "status": (
        "status orderstatus financialstatus paymentstatus bestellstatus auftragsstatus statut statutcommande estado "
        "estadopedido stato stanje statusnarocila 订单状态 dealstage stagename",
    ),
    "refund": (
        "refundedamount amountrefunded refundamount refund refunded erstattung gutschrift rembourse reembolso vracilo",
    ),
    "cancels_order_id": (
        "cancelsorderid originalorderid originalinvoice originalorder refundedorderid creditfor stornozu",
    ),
}

TOTAL_WORDS = (
    "total", "grand total", "totals", "subtotal", "sub-total", "sum", "summe", "gesamt", "gesamtsumme", "gesamtbetrag",
    "zwischensumme", "total général", "total general", "totaux", "somme", "suma", "skupaj", "vsota", "totale", "totaal",
    "итого", "合计", "总计", "合計",
)  # fmt: skip

NO_VALUE = (
    "",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "-",
    "--",
    "?",
    "\\n",
    "#value!",
    "#ref!",
    "(null)",
    "<na>",
)
NO_CUSTOMER = (*NO_VALUE, "unknown", "anonymous", "anonym", "guest", "gast", "unbekannt", "invité", "inconnu", "neznan")

_SEPARATORS = re.compile(r"[\W_]+", re.UNICODE)


def plain(name: str) -> str:
    """A header without case, accents, spaces or marks: "Customer ID" → "customerid", "Straße" → "strasse"."""
    spelled = unicodedata.normalize("NFKD", name.casefold().replace("№", "no").replace("#", " no "))
    return _SEPARATORS.sub("", "".join(letter for letter in spelled if not unicodedata.combining(letter)))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a header: "orderDate_utc" → ("order", "date", "utc")."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return tuple(word for word in (plain(part) for part in _SEPARATORS.split(split)) if word)


def _ranked() -> Mapping[str, Mapping[str, float]]:
    return {
        column: {
            plain(name): 1.0 - 0.15 * line for line, names in reversed(list(enumerate(lines))) for name in names.split()
        }
        for column, lines in NAMES.items()
    }


_SCORES = _ranked()


def name_score(column: str, header: str) -> float:
    """How surely a header names a column of ours, 0 to 1."""
    known = _SCORES[column]
    exact = known.get(plain(header), 0.0)
    if exact:
        return exact
    words = words_of(header)
    pairs = {first + second for first, second in zip(words, words[1:], strict=False)}
    in_pairs = max((known.get(pair, 0.0) for pair in pairs), default=0.0) * 0.8
    in_words = max((known.get(word, 0.0) for word in words), default=0.0) * 0.6
    return max(in_pairs, in_words)
