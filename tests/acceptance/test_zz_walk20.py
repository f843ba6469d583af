from pathlib import Path
import time
import pytest
from playwright.sync_api import Page
from anpr.domain.access import Role
from anpr.domain.delivery import RunKind, RunOutcome
from anpr.store.forwarding.runs import ForwardRun, start_run, finish_run
from tests.support.fixtures_browser import log_in
from tests.support.forwarding_console import fill_month, forwarding_site
from tests.acceptance.test_console_accessibility import faults

OUT = Path("/var/tmp/walk20/shots"); OUT.mkdir(exist_ok=True)
OTHERS = tuple(f"questura-di-una-citta-con-un-nome-davvero-lunghissimo-n-{n:03}" for n in range(39))

def test_walk(page: Page, site, console_database, tmp_path) -> None:
    with forwarding_site(site, console_database, tmp_path, OTHERS) as f:
        f.reject()
        f.store(30)
        f.run()
        with f.site.database.transaction() as conn:
            conn.execute(b"""INSERT INTO deliveries (destination, transit_id, captured_at, day, state, queued_at, settled_at, reason)
              SELECT destination, gen_random_uuid(), captured_at + n * interval '0.1 s', day, state, queued_at, settled_at,
                'gate: ' || (n % 7 + 10) || ' characters, at most 3' FROM (SELECT * FROM deliveries LIMIT 1) d, generate_series(1, 100000) n""")
            for k in RunKind:
              for o in (None, *RunOutcome):
                now = f.site.clock.now()
                r = ForwardRun(id=0, destination="questura", day=f.yesterday, kind=k, profile="p 1", protocol="x", started_at=now, finished_at=now if o else None, outcome=o, counts={"run_sent": 123456, "files": 4}, error="https://collettore.example/transiti: answered 503, " * 6 if o is RunOutcome.FAILED else None, despite_stage="fase di prova lettera n. 9" if o is None else None)
                i = start_run(conn, r)
                if o: 
                    from dataclasses import replace
                    finish_run(conn, replace(r, id=i))
        fill_month(f)
        day = f"/forwarding/questura/days/{f.yesterday.isoformat()}"
        paths = {"all": "/forwarding", "one": "/forwarding/questura", "long": f"/forwarding/{OTHERS[0]}", "day": day, "rej": f"{day}/rejected", "trial": f"{day}/rejected?trial=1", "profile": "/forwarding/questura/profile", "runs": "/forwarding/questura/runs", "status": "/status", "compl": "/completeness", "recv": "/received-lists"}
        log_in(page, f.site, Role.ADMINISTRATOR)
        page.get_by_role("button", name="Esci").wait_for()
        for w, h in ((1366, 768), (390, 844)):
            page.set_viewport_size({"width": w, "height": h})
            for name, path in paths.items():
                t = time.monotonic(); r = page.goto(f.site.url + path); took = time.monotonic() - t
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                print(name, w, r.status, f"{took:.2f}s", "over", over, faults(page) if w == 390 and name != "all" else "", flush=True)
                page.screenshot(path=str(OUT / f"{name}-{w}.png"), clip=None)
                if name not in ("all", "status"):
                    page.screenshot(path=str(OUT / f"{name}-{w}-full.png"), full_page=True)
        # post all
        c = f.site.client(Role.ADMINISTRATOR)
        t = time.monotonic()
        r = f.site.post(c, f"{day}/requeue", f"{day}/rejected", reason="profilo corretto", what="all", kind="")
        print("requeue", r.status_code, r.headers.get("location"), time.monotonic() - t)
        for role in Role:
            c = f.site.client(role)
            print(role, [(n, c.get(p).status_code) for n, p in paths.items()])
