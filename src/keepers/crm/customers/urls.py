from django.urls import path, re_path

from keepers.crm.customers.views import belongings, bulk, computed, everybody, reaching, records, settings

ONE = "customers/<int:pk>/"

urlpatterns = [
    path("customers/everybody/", everybody.everybody, name="everybody"),
    re_path(r"^customers/everybody/everybody\.(?P<ending>csv|xlsx)$", everybody.everybody_file, name="everybody_file"),
    path("customers/new/", records.new, name="new_customer"),
    path("customers/bulk/", bulk.change_many, {"among": "everybody"}, name="change_many"),
    path("customers/bulk/valued/", bulk.change_many, {"among": "customers"}, name="change_valued"),
    path("customers/bulk/<int:pk>/", bulk.bulk_edit, name="bulk_edit"),
    path("customers/bulk/<int:pk>/continuing/", bulk.continue_many, name="continue_many"),
    path("customers/bulk/<int:pk>/undoing/", bulk.undo_many, name="undo_many"),
    path(f"{ONE}properties/<slug:name>/", records.change, name="property"),
    path(f"{ONE}properties/<slug:name>/text/", records.tell, name="property_text"),
    path(f"{ONE}removal/", records.remove, name="remove_customer"),
    path(f"{ONE}contact-points/", reaching.new_contact_point, name="new_contact_point"),
    path(f"{ONE}contact-points/kept-here/", reaching.keep_here, name="keep_here"),
    path(f"{ONE}contact-points/<int:point>/", reaching.contact_point, name="contact_point"),
    path(f"{ONE}contact-points/<int:point>/first/", reaching.first_contact_point, name="first_contact_point"),
    path(f"{ONE}contact-points/<int:point>/removal/", reaching.remove_contact_point, name="remove_contact_point"),
    path(f"{ONE}addresses/", reaching.new_address, name="new_address"),
    path(f"{ONE}addresses/<int:address>/", reaching.address, name="address"),
    path(f"{ONE}addresses/<int:address>/removal/", reaching.remove_address, name="remove_address"),
    path(f"{ONE}consent/", reaching.consent, name="consent"),
    path(f"{ONE}relations/", belongings.relation, name="relation"),
    path(f"{ONE}relations/<int:relation>/end/", belongings.end_relation, name="end_relation"),
    path(f"{ONE}relations/<int:relation>/removal/", belongings.remove_relation, name="remove_relation"),
    path(f"{ONE}attachments/", belongings.attach, name="attach"),
    path(f"{ONE}attachments/<int:attachment>/", belongings.attachment, name="attachment"),
    path(f"{ONE}attachments/<int:attachment>/removal/", belongings.detach, name="detach"),
    path("settings/fields/", settings.custom, name="custom_fields"),
    path("settings/fields/<slug:key>/", settings.custom_field, name="custom_field"),
    path("settings/fields/<slug:key>/up/", settings.move_custom_field, name="move_custom_field"),
    path("settings/fields/<slug:key>/removal/", settings.remove_custom_field, name="remove_custom_field"),
    path("settings/fields/<slug:key>/return/", settings.bring_custom_field_back, name="bring_custom_field_back"),
    path("settings/formulas/new/", computed.formula, name="new_formula"),
    path("settings/roll-ups/new/", computed.roll_up, name="new_roll_up"),
    path("settings/consent/", settings.consent_rules, name="consent_rules"),
    path("settings/firm/", settings.the_firm, name="firm"),
]
