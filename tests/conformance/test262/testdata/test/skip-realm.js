/*---

---*/
$262.createRealm();
