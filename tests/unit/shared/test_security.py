from shared import security


def test_keys_are_well_formed_and_differ():
    keys = [security.new_key() for _ in range(100)]
    assert len({secret for _, secret, _ in keys}) == 100
    for key_id, secret, digest in keys:
        assert security.well_formed(secret)
        assert secret.startswith(f"pyk_{key_id}_")
        assert digest == security.hash_key(secret)
        assert secret not in digest


def test_a_typing_error_is_seen_without_looking_anything_up():
    _, secret, _ = security.new_key()
    other = "0" if secret[20] != "0" else "1"
    assert not security.well_formed(secret[:20] + other + secret[21:])
    assert not security.well_formed("")
    assert not security.well_formed("pyk_")
