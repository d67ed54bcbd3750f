from verifuse.storage import cache_folder


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("VERIFUSE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("VERIFUSE_CACHE")
    assert cache_folder().name == "verifuse"
