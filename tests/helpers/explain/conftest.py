import pytest
from small_models import BUILDERS, with_random_weights


@pytest.fixture(params=BUILDERS, ids=lambda build: build.__name__)
def model(request):
    return with_random_weights(request.param())
