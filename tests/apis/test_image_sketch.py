"""Images are known again by a short text."""
import hashlib

from mmdepthcls.apis.description_check import LONGEST_TEXT
from mmdepthcls.apis.image_sketch import KEPT, image_hash, known_again, sketch_of


def test_few_images_are_all_known_again(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'one')
    assert image_hash(str(tmp_path / 'a.png')) == hashlib.sha256(b'one').hexdigest()[:12]
    sketch = sketch_of(['c' * 12, 'a' * 12, 'a' * 12])
    assert sketch == 'a' * 12 + ' ' + 'c' * 12
    assert known_again(['a' * 12, 'b' * 12], sketch) == {'a' * 12} and known_again(['b' * 12], sketch) == set()


def test_of_many_a_share_is_known_again():
    hashes = [hashlib.sha256(str(index).encode()).hexdigest()[:12] for index in range(1000)]
    sketch = sketch_of(hashes)
    assert len(sketch) <= LONGEST_TEXT and len(sketch.split()) == KEPT
    found = known_again(hashes[:400], sketch)  # 60 of them are to be expected
    assert 30 < len(found) < 90 and known_again(hashes, sketch) == set(sketch.split())
