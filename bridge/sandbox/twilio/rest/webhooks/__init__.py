"""`/v1/Webhooks`: Rules, Settings and SharedKeys, all in JSON.

https://www.twilio.com/docs/usage/webhooks/webhooks-configuration
"""

from aiohttp import web

from bridge.sandbox.twilio.rest.webhooks import rules, settings, shared_keys

PATH = "/v1/Webhooks"

ROUTES = [
    web.get(PATH + "/SharedKeys", shared_keys.list_shared_keys),
    web.post(PATH + "/SharedKeys", shared_keys.create_shared_key),
    web.get(PATH + "/SharedKeys/{Id}", shared_keys.fetch_shared_key),
    web.delete(PATH + "/SharedKeys/{Id}", shared_keys.delete_shared_key),
    web.get(PATH + "/Settings", settings.list_settings),
    web.post(PATH + "/Settings", settings.create_setting),
    web.get(PATH + "/Settings/{Id}", settings.fetch_setting),
    web.patch(PATH + "/Settings/{Id}", settings.patch_setting),
    web.delete(PATH + "/Settings/{Id}", settings.delete_setting),
    web.get(PATH + "/Rules", rules.list_rules),
    web.post(PATH + "/Rules", rules.create_rule),
    web.get(PATH + "/Rules/{Id}", rules.fetch_rule),
    web.patch(PATH + "/Rules/{Id}", rules.patch_rule),
    web.delete(PATH + "/Rules/{Id}", rules.delete_rule),
    web.get(PATH + "/Operations/{Id}", rules.fetch_operation),
]
